// OPENAI_API_KEY=… ADMIN_TOKEN=… node express-chat.ts, then: curl -N localhost:3000/chat -H 'x-user: ada' -d 'Hello'
// A chat that streams, where each user has a cap within that of the tenant. If the client disconnects, the model call is aborted.
import express from 'express'
import { createLlmOps } from 'llmops-middleware'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { adminRouter, healthRouter, problemHandler, taskMiddleware } from 'llmops-middleware/express'
import OpenAI from 'openai'

const ops = createLlmOps({
  budget: {
    limitUsd: 200,
    period: 'month',
    scopes: [{ scope: 'user', limitUsd: Number(process.env.USER_LIMIT_USD ?? 2), period: 'day', required: true }],
    downshift: { at: 0.8, to: { 'gpt-4o': 'gpt-4o-mini' } },
    ledger: sqliteLedger(process.env.LEDGER ?? 'ledger.db'),
  },
})
const openai = new OpenAI({ fetch: ops.fetch })

const task = taskMiddleware({
  ops,
  tenant: () => 'contoso',
  // Use the user of your own authentication here, since a client can send any header.
  scopes: async (request) => ({ user: request.get('x-user') ?? 'anonymous' }),
  deadlineMs: 60_000,
})

const app = express()
app.post('/chat', task, express.text({ type: '*/*' }), async (request, response) => {
  const stream = await openai.chat.completions.create({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: request.body }],
    stream: true,
  })
  response.type('text/plain')
  for await (const chunk of stream) response.write(chunk.choices[0]?.delta.content ?? '')
  response.end()
})
app.use(adminRouter({ ops, token: process.env.ADMIN_TOKEN })) // GET, PUT /admin/budget/contoso/user/ada
app.use(healthRouter())
app.use(problemHandler()) // a spent cap is a 402 with what it needed, what is left and when it resets

const server = app.listen(Number(process.env.PORT ?? 3000), () => console.log('Listening on', server.address()))
process.once('SIGTERM', () => server.close(() => void ops.close()))
