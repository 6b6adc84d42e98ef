// OPENAI_API_KEY=… node ai-sdk-stream.ts, then: curl -N localhost:3000/api/chat -H 'x-team: contoso' -d '{"question":"What is the weather in \"Oslo\"?"}'
// The AI SDK's `streamText` with a tool in a route: `POST` is what `app/api/chat/route.ts` of Next.js exports.
import { createOpenAI } from '@ai-sdk/openai'
import { serve } from '@hono/node-server'
import { stepCountIs, streamText } from 'ai'
import { createLlmOps } from 'llmops-middleware'
import { governed } from 'llmops-middleware/web'
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

// Trust this header only behind a gateway that sets it itself. Otherwise read your session here.
const tenant = (request: Request) => request.headers.get('x-team') ?? undefined

export const POST = governed({ ops, tenant, deadlineMs: 60_000 }, async (request) => {
  const { question } = (await request.json()) as { question: string }
  const result = streamText({
    model: openai.chat('gpt-4o-mini'),
    prompt: question,
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
