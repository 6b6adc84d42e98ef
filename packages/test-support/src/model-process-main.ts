/**
 * A provider in a process of its own. It answers with the requested number of words, and it alone knows the cost of every
 * attempt. It takes its options as JSON, sends its URL to its parent, and ends with its parent.
 */
import { startModelEndpoint } from 'local-azure/model'
import type { ModelProcessOptions } from './model-process.ts'

const { tokensPerSecond = 0, faults = [] } = JSON.parse(process.argv[2]!) as ModelProcessOptions
const endpoint = await startModelEndpoint({
  tokensPerSecond,
  script: ({ messages }) => {
    const [, words] = /Say (\d+) words/.exec(JSON.stringify(messages.at(-1))) ?? []
    return words === undefined ? undefined : { text: 'word '.repeat(Number(words)).trim(), toolCalls: [] }
  },
})
for (const fault of faults) endpoint.fault({ ...fault, times: Number.POSITIVE_INFINITY })

process.send?.(endpoint.url)
process.once('disconnect', () => void endpoint.close())
