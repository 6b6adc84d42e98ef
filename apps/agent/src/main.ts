import { setTimeout as delay } from 'node:timers/promises'
import { EmbeddedModelMissingError } from './model/embedded-model-missing-error.ts'
import { InvalidSettingsError } from './settings/invalid-settings-error.ts'
import { readSettings, type Settings } from './settings/settings.ts'
import { type RunningAgent, startAgent } from './start-agent.ts'

const COULD_NOT_START = 2
/** What closing takes after the tasks are drained; App Service kills the process a little later anyway. */
const GRACE_MS = 5000
/** App Service starts an ended process at once, and reads the references to the vault anew when it does. */
const RESTART_MS = 30_000

try {
  const settings = readSettings(process.env)
  const agent = await startAgent(settings)
  console.log(describe(agent, settings))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(agent, settings))
} catch (error) {
  const isExplained = error instanceof InvalidSettingsError || error instanceof EmbeddedModelMissingError
  console.error(isExplained ? error.message : error)
  if (error instanceof InvalidSettingsError && error.mayPass) await waitForRestart()
  process.exit(COULD_NOT_START)
}

/** So that a role that takes minutes to arrive does not become a loop of crashes. */
async function waitForRestart(): Promise<void> {
  const stopped = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.abort())
  console.error(`It ends in ${RESTART_MS / 1000} s, so that the next start may find it resolved.`)
  await delay(RESTART_MS, undefined, { signal: stopped.signal }).catch(() => {})
}

async function stop(agent: RunningAgent, { limits }: Settings): Promise<void> {
  const tooLong = setTimeout(() => {
    console.error('The agent did not stop in time.')
    process.exit(1)
  }, limits.drainMs + GRACE_MS)
  await agent.stop()
  clearTimeout(tooLong)
  process.exit(0)
}

function describe({ url, instance }: RunningAgent, { model, adminToken }: Settings): string {
  const endpoint = model.endpoint.kind === 'embedded' ? 'the embedded model' : model.endpoint.url.origin
  const admin = adminToken ? 'on' : 'off (ADMIN_TOKEN is not set)'
  return [
    `Agent ${instance.instance}, release ${instance.release}, slot ${instance.slot}, prompt ${instance.promptVersion}`,
    `  page    ${url}`,
    `  model   ${model.primary} at ${endpoint}`,
    `  admin   ${admin}`,
  ].join('\n')
}
