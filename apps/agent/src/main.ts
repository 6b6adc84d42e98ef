import { setTimeout as delay } from 'node:timers/promises'
import { errorChain } from 'llmops-middleware'
import { createAgentLog } from './log/agent-log.ts'
import { EmbeddedModelMissingError } from './model/embedded-model-missing-error.ts'
import { readArguments } from './settings/arguments.ts'
import { InvalidSettingsError } from './settings/invalid-settings-error.ts'
import { readSettings, type Settings } from './settings/settings.ts'
import { type RunningAgent, startAgent } from './start-agent.ts'

const COULD_NOT_START = 2
/** The time to close everything after the tasks are drained. App Service kills the process a little later anyway. */
const CLOSE_TIMEOUT_MS = 5000
/** App Service restarts an ended process at once, and resolves the Key Vault references again when it does. */
const RESTART_DELAY_MS = 30_000
const SAME_CTRL_C_MS = 1000

readCommandLine()
const isProduction = process.env['NODE_ENV'] === 'production'
const log = createAgentLog({ isJson: isProduction })
// Node would print warnings as plain text, and a library may warn at each request.
process.removeAllListeners('warning')
process.on('warning', ({ name, message }) => log.warn({ event: 'warning', code: name }, message))

try {
  const settings = readSettings(process.env)
  const agent = await startAgent(settings, log)
  sayStarted(agent, settings)
  onStop(() => void stop(agent, settings))
} catch (error) {
  const isExplained = error instanceof InvalidSettingsError || error instanceof EmbeddedModelMissingError
  sayNotStarted(error, isExplained)
  if (error instanceof InvalidSettingsError && error.mayPass) await waitForRestart()
  process.exit(COULD_NOT_START)
}

/** Makes settings of the arguments, where every part of the process looks for them. */
function readCommandLine(): void {
  try {
    const read = readArguments(process.argv.slice(2))
    if (read.kind === 'help') {
      console.log(read.text)
      process.exit(0)
    }
    Object.assign(process.env, read.set)
    if (read.file !== undefined) loadSettings(read.file)
  } catch (error) {
    console.error(`${(error as Error).message} See --help.`)
    process.exit(COULD_NOT_START)
  }
}

function loadSettings(file: string): void {
  try {
    process.loadEnvFile(file)
  } catch (error) {
    throw new TypeError(`--settings ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, {
      cause: error,
    })
  }
}

/**
 * Once, at the first signal: npm and some versions of pnpm send Ctrl-C once more to what they run, which must not end a
 * task that is being answered. A second Ctrl-C, a second later, ends the process at once.
 */
function onStop(stop: () => void): void {
  let firstAtMs: number | undefined
  const onSignal = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now()
      stop()
    } else if (performance.now() - firstAtMs >= SAME_CTRL_C_MS) process.exit(1)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
}

/** A new role takes minutes to become effective. Waiting keeps the process from crashing in a loop until then. */
async function waitForRestart(): Promise<void> {
  const stopped = new AbortController()
  onStop(() => stopped.abort())
  const text = `The process ends in ${RESTART_DELAY_MS / 1000} s: the reference may be resolved at the next start.`
  log.warn({ event: 'waiting', code: 'could_not_start' }, text)
  await delay(RESTART_DELAY_MS, undefined, { signal: stopped.signal }).catch(() => {})
}

async function stop(agent: RunningAgent, { limits }: Settings): Promise<void> {
  if (!isProduction)
    console.error(`Stopping: what runs may take ${limits.drainMs / 1000} s. Ctrl-C again ends it at once.`)
  const tooLong = setTimeout(() => {
    log.error({ event: 'stopped', code: 'not_stopped_in_time' }, 'The agent did not stop in time.')
    process.exit(1)
  }, limits.drainMs + CLOSE_TIMEOUT_MS)
  await agent.stop()
  clearTimeout(tooLong)
  process.exit(0)
}

function sayStarted(agent: RunningAgent, settings: Settings): void {
  if (!isProduction) {
    console.log(describe(agent, settings))
    return
  }
  const { url, instance } = agent
  log.info({ event: 'started', url, ...instance, model: settings.model.primary }, `The agent listens on ${url}.`)
}

function sayNotStarted(error: unknown, isExplained: boolean): void {
  if (!isProduction) {
    console.error(isExplained ? (error as Error).message : error)
    return
  }
  const causes = errorChain(error)
  const text = isExplained ? (error as Error).message : `The agent could not start: ${causes[0]?.message}`
  log.error({ event: 'could_not_start', code: 'could_not_start', causes }, text)
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
