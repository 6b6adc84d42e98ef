// OPENAI_API_KEY=… ADMIN_TOKEN=… node fastify.ts, then: curl localhost:3000/chat -H 'x-team: contoso' -H 'content-type: application/json' -d '{"question":"Hello"}'
// Fastify: the plugin runs the routes of its scope inside tasks; health and administration are outside.
import Fastify from 'fastify'
import { createLlmOps } from 'llmops-middleware'
import { adminRoutes, healthRoutes, problemHandler, taskPlugin } from 'llmops-middleware/fastify'
import OpenAI from 'openai'

const ops = createLlmOps({ budget: { limitUsd: 50, period: 'month' } })
const openai = new OpenAI({ fetch: ops.fetch })

const app = Fastify()
app.setErrorHandler(problemHandler())
app.register(adminRoutes({ ops, token: process.env.ADMIN_TOKEN }))
app.register(healthRoutes())
app.register(async (agent) => {
  // Trust this header only behind a gateway that sets it itself. Otherwise use `request.user` of your authentication.
  agent.register(
    taskPlugin({ ops, tenant: ({ headers }) => headers['x-team'] as string | undefined, deadlineMs: 60_000 }),
  )
  const schema = { body: { type: 'object', required: ['question'], properties: { question: { type: 'string' } } } }
  agent.post<{ Body: { question: string } }>('/chat', { schema }, async ({ body }) => {
    const messages = [{ role: 'user' as const, content: body.question }]
    const answer = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages })
    return { answer: answer.choices[0]?.message.content }
  })
})
console.log('Listening on', await app.listen({ port: Number(process.env.PORT ?? 3000) }))
process.once('SIGTERM', async () => {
  await app.close()
  await ops.close()
})
