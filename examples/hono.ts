// OPENAI_API_KEY=… ADMIN_TOKEN=… node hono.ts, then: curl -N localhost:3000/chat -H 'x-team: contoso' -d 'Hello'
// Hono, or any framework with handlers from Request to Response. If the client disconnects, the model call is aborted.
import { serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { createLlmOps } from 'llmops-middleware'
import { adminHandler, governed, healthHandler } from 'llmops-middleware/web'
import OpenAI from 'openai'

const ops = createLlmOps({ budget: { limitUsd: 50, period: 'month' } })
const openai = new OpenAI({ fetch: ops.fetch })

// Trust this header only behind a gateway that sets it itself. Otherwise use the user of your authentication.
const tenant = (request: Request) => request.headers.get('x-team') ?? undefined

const chat = governed({ ops, tenant, deadlineMs: 60_000 }, async (_request, c: Context) => {
  const messages = [{ role: 'user' as const, content: await c.req.text() }]
  const stream = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true })
  const text = ReadableStream.from(stream).pipeThrough(
    new TransformStream({
      transform: (chunk, controller) => controller.enqueue(chunk.choices[0]?.delta.content ?? ''),
    }),
  )
  return c.body(text.pipeThrough(new TextEncoderStream()))
})
const admin = adminHandler({ ops, token: process.env.ADMIN_TOKEN })
const health = healthHandler()

const app = new Hono()
app.post('/chat', (c) => chat(c.req.raw, c))
app.all('/admin/*', (c) => admin(c.req.raw))
app.get('/health/*', (c) => health(c.req.raw))

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, () =>
  console.log('Listening on', server.address()),
)
process.once('SIGTERM', () => server.close(() => void ops.close()))
