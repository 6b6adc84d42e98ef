/**
 * Runs the model endpoint as its own process and prints its URL as one JSON line. Flags override the environment:
 * --port (MODEL_PORT), --seed (MODEL_SEED), --log-file (MODEL_LOG_FILE), --tokens-per-second (MODEL_TOKENS_PER_SECOND),
 * --mistake-rate (MODEL_MISTAKE_RATE). Exits with 2 if one of them is invalid.
 */
import { parseArgs } from 'node:util'
import { startModelEndpoint } from './endpoint.ts'
import type { ModelEndpointOptions } from './endpoint-options.ts'

const { env } = process

function readOptions(): ModelEndpointOptions {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: env['MODEL_PORT'] ?? '0' },
      seed: { type: 'string', default: env['MODEL_SEED'] ?? '1' },
      'log-file': { type: 'string', default: env['MODEL_LOG_FILE'] ?? '' },
      'tokens-per-second': { type: 'string', default: env['MODEL_TOKENS_PER_SECOND'] ?? '0' },
      'mistake-rate': { type: 'string', default: env['MODEL_MISTAKE_RATE'] ?? '0' },
    },
  })
  return {
    port: Number(values.port),
    seed: Number(values.seed),
    tokensPerSecond: Number(values['tokens-per-second']),
    mistakeRate: Number(values['mistake-rate']),
    ...(values['log-file'] ? { logFile: values['log-file'] } : {}),
  }
}

try {
  const endpoint = await startModelEndpoint(readOptions())
  console.log(JSON.stringify({ url: endpoint.url }))
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void endpoint.close())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}
