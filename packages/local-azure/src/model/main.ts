/** Runs the model endpoint as a process of its own and prints its URL as one JSON line. */
import { parseArgs } from 'node:util'
import { startModelEndpoint } from './endpoint.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    'log-file': { type: 'string' },
    'tokens-per-second': { type: 'string', default: '0' },
    'mistake-rate': { type: 'string', default: '0' },
  },
})
const logFile = values['log-file']
const endpoint = await startModelEndpoint({
  port: Number(values.port),
  seed: Number(values.seed),
  tokensPerSecond: Number(values['tokens-per-second']),
  mistakeRate: Number(values['mistake-rate']),
  ...(logFile === undefined ? {} : { logFile }),
})
console.log(JSON.stringify({ url: endpoint.url }))
process.once('SIGTERM', () => void endpoint.close())
