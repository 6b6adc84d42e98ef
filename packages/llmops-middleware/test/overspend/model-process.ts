/**
 * A provider in a process of its own, whose answers are as long as they are asked to be and which fails now and then.
 * It alone knows what everything truly cost. With the argument `sound` it cuts no answer. Prints its URL; ends with its parent.
 */
import { startModelEndpoint } from 'local-azure/model'

const endpoint = await startModelEndpoint({
  script: ({ messages }) => {
    const [, words] = /Say (\d+) words/.exec(JSON.stringify(messages.at(-1))) ?? []
    return words === undefined ? undefined : { text: 'word '.repeat(Number(words)).trim(), toolCalls: [] }
  },
})
endpoint.fault({ kind: 'server_error', probability: 0.04, times: Number.POSITIVE_INFINITY })
endpoint.fault({ kind: 'rate_limit', probability: 0.04, times: Number.POSITIVE_INFINITY, retryAfterMs: 1 })
if (process.argv[2] !== 'sound') endpoint.fault({ kind: 'cut', probability: 0.01, times: Number.POSITIVE_INFINITY })

process.send?.(endpoint.url)
process.once('disconnect', () => void endpoint.close())
