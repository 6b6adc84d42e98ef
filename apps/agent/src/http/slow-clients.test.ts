import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { ANSWER_BYTES, askSlowly, settled, startLongAnswer } from '../../test/support/slow-clients.ts'
import { startTestAgent } from '../../test/support/test-agent.ts'

const CLIENTS = 4

async function agentWith(url: string, variables: Record<string, string> = {}) {
  const agent = await startTestAgent({ LOCAL_MODEL_URL: url, ...variables })
  onTestFinished(() => agent.stop())
  return agent
}

it.each([
  ['that do not read', false],
  // Node treats that as a disconnect.
  ['that close their half', true],
])('does not ask for more than clients %s can take, and disconnects them at the deadline', async (_, halfCloses) => {
  const { url, sent } = await startLongAnswer()
  const agent = await agentWith(url, { TASK_DEADLINE_MS: '4000' })
  await Promise.all(Array.from({ length: CLIENTS }, () => askSlowly(agent.url, { reads: false, halfCloses })))
  await settled(agent.url, sent, CLIENTS)
  // The rest of each answer was never read from the model.
  for (const bytes of sent) expect(bytes).toBeLessThan(ANSWER_BYTES)
  await agent.running(0)
})

it('reads the whole answer from the model for a client that reads', async () => {
  const { url, sent } = await startLongAnswer()
  const agent = await agentWith(url)
  const socket = await askSlowly(agent.url, { reads: true })
  let received = 0
  socket.on('data', (chunk) => {
    received += chunk.length
  })
  await once(socket, 'end')
  expect(sent).toEqual([expect.any(Number)])
  expect(received).toBeGreaterThan(ANSWER_BYTES)
})
