/**
 * A process that pays once, through a tool. Takes the URL of the bank, the key and the arguments; tells its parent when the
 * model is asked to repair them, and what came of the call. Ends when its parent kills it or leaves.
 */
import { createLlmOps } from '../../src/index.ts'

const [url = '', key = '', text = ''] = process.argv.slice(2)
const never = new Promise<never>(() => {})
process.once('disconnect', () => process.exit())

const pay = createLlmOps().tool({
  name: 'pay',
  description: 'Pays',
  effect: 'effect',
  parameters: { type: 'object', required: ['usd'], properties: { usd: { type: 'integer' } } },
  run: async (body, { idempotencyKey = '' }) => {
    const headers = { 'idempotency-key': idempotencyKey }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!response.ok) throw Object.assign(new Error(await response.text()), { status: response.status })
    return response.json()
  },
  repair: {
    askModel: () => {
      process.send?.({ asked: true })
      return never
    },
  },
})

// Whoever does not know that the first call is still under way calls again.
const [first, second] = await Promise.allSettled([pay.call(text, { key }), pay.call(text, { key })])
process.send?.({ first: said(first), second: said(second) })

function said(outcome: PromiseSettledResult<unknown>): unknown {
  return outcome.status === 'fulfilled' ? outcome.value : String(outcome.reason)
}
