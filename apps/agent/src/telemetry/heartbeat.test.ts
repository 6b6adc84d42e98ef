import { expect, it, onTestFinished } from 'vitest'
import { startTestAgent } from '../../test/support/test-agent.ts'

it('beats, though nobody asks the agent anything: an alert rule waits for it', async () => {
  const agent = await startTestAgent()
  onTestFinished(() => agent.stop())
  expect(await (await agent.get('/metrics')).text()).toMatch(/^agent_heartbeat\{?.*\}? 1$/m)
})
