import { expect, it, onTestFinished } from 'vitest'
import { startTestAgent } from '../../test/support/test-agent.ts'

it('sends the heartbeat that an alert rule expects, also without traffic', async () => {
  const agent = await startTestAgent()
  onTestFinished(() => agent.stop())
  expect(await (await agent.get('/metrics')).text()).toMatch(/^agent_heartbeat\{?.*\}? 1$/m)
})
