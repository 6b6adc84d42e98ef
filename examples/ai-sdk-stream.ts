// OPENAI_API_KEY=… node ai-sdk-stream.ts, then: curl -N localhost:3000/api/chat -H 'x-team: contoso' -d '{"question":"What is the weather in \"Oslo\"?"}'
// The AI SDK's `streamText` with a tool in a route: `POST` is what `app/api/chat/route.ts` of Next.js exports.
import { createOpenAI } from '@ai-sdk/openai'
import { serve } from '@hono/node-server'
import { stepCountIs, streamText } from 'ai'
import { createLlmOps } from 'llmops-middleware'
import { governed, problemResponse } from 'llmops-middleware/web'
import { z } from 'zod'

const ops = createLlmOps({ budget: { limitUsd: 50, period: 'month' } })
const openai = createOpenAI({ fetch: ops.fetch })

const weather = ops.tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  effect: 'read',
  timeoutMs: 3_000,
  run: async ({ city }) => `It is sunny in ${city}.`,
  fallbacks: [async () => 'The weather service does not answer.'],
})

const QUESTION = z.object({ question: z.string() })
const NO_QUESTION = { status: 400, code: 'no_question', title: 'No question', detail: 'Send { "question": "…" }.' }

// Trust this header only behind a gateway that sets it itself. Otherwise read your session here.
const tenant = (request: Request) => request.headers.get('x-team') ?? undefined

export const POST = governed({ ops, tenant, deadlineMs: 60_000 }, async (request) => {
  const asked = QUESTION.safeParse(await request.json().catch(() => undefined))
  if (!asked.success) return problemResponse(NO_QUESTION) // a mistake of the caller, not of the agent
  const result = streamText({
    model: openai.chat('gpt-4o-mini'),
    prompt: asked.data.question,
    tools: { weather: weather.aiSdkTool },
    stopWhen: stepCountIs(5),
    maxRetries: 0,
  })
  return result.toTextStreamResponse()
})

const server = serve({ fetch: POST, port: Number(process.env.PORT ?? 3000) }, ({ port }) =>
  console.log(`Listening on ${port}`),
)
process.once('SIGTERM', () => server.close(() => void ops.close()))
