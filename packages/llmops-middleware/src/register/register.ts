import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { createLlmOps, type LlmOps } from '../llmops.ts'
import { ModelRequests, registered, setRegistered } from '../model/index.ts'
import { AppPackages } from './from-app.ts'
import { GovernedRequests, governGlobalFetch } from './global-fetch.ts'
import { type OpenedLedger, openLedger } from './open-ledger.ts'
import { readSettings } from './read-settings.ts'
import { RequestTasks } from './request-tasks.ts'
import type { RegisterSettings } from './settings.ts'
import { startLine } from './start-line.ts'
import { startTelemetry } from './telemetry.ts'
import { fallbackTenant, tenantOf } from './tenant-of.ts'
import { type UngovernedRequest, watchUngoverned } from './watch-ungoverned.ts'

/** The most hosts and paths remembered as reported: they come from requests, so they must be bounded. */
const MAX_REPORTED = 100

/**
 * Governs the global `fetch` of this process by the settings of its environment. If they are wrong, the process
 * ends: an app without a working limit must not look as if it had one.
 */
export async function register(): Promise<void> {
  const before = registered()
  if (before) return say(`llmops: already governed, by version ${before.version} of llmops-middleware in this process.`)

  const cwd = process.cwd()
  const { settings, problems, unread } = readSettings(process.env, cwd)
  if (problems.length > 0) return refuseToStart(problems)
  const packages = new AppPackages(cwd)
  const models = new ModelRequests(settings.modelHosts)
  const governed = new GovernedRequests()
  const original = globalThis.fetch
  // Before any `fetch` is governed: each looks up this registration when it is created.
  setRegistered({ version: version(), passing: (fetch) => governed.passing(fetch) })

  const opened = await orRefuse(() => open(settings, cwd, packages, original))
  const telemetry = await startTelemetry(settings.telemetry ?? 'auto', process.env, packages)
  const { ops, ledger } = opened
  const requests = new RequestTasks({
    ops,
    tenantOf: tenantOf(settings),
    task: optionsOfTasks(settings),
    abortWhenClientLeaves: settings.abortWhenClientLeaves ?? false,
  })
  const fallback = fallbackTenant(settings)
  const ofNobody = fallback === undefined ? ops.fetch : ops.fetchAs({ tenant: fallback })
  const ours = governGlobalFetch({ original, models, governed, requests, ofTask: ops.fetch, ofNobody })

  const warnOfReplacement = once(
    'globalThis.fetch was replaced after llmops-middleware/register had governed it. What does not come through the one ' +
      'of before is not governed; model calls that go around it are counted as agent.model.ungoverned.',
  )
  requests.listen(() => {
    if (globalThis.fetch !== ours) warnOfReplacement()
  })
  const told = new Set<string>()
  watchUngoverned({
    models,
    governed,
    tell(request) {
      ops.sli.ungoverned(request.host, request.path, requests.current?.tenant ?? fallback)
      warnOfUngoverned(request, told)
    },
  })
  process.once('beforeExit', async () => {
    ledger.hold()
    await ops.close()
    ledger.close()
    await telemetry.shutDown()
  })

  // Each worker thread runs this too, with the same settings, which the main thread has reported.
  if (isMainThread) say(startLine({ settings, packages, ledger: ledger.name, telemetry: telemetry.goesTo }))
  if (isMainThread && unread.length > 0) say(`llmops: ignores the unknown ${unread.join(', ')}.`)
}

type Opened = { readonly ops: LlmOps<LlmOps['budget'] | undefined>; readonly ledger: OpenedLedger }

async function open(
  settings: RegisterSettings,
  cwd: string,
  packages: AppPackages,
  fetch: typeof globalThis.fetch,
): Promise<Opened> {
  const { limitUsd, downshiftTo, downshiftAt, deployments, unknownModel, log } = settings
  const ledger = await openLedger(settings.ledger ?? 'memory', cwd, packages)
  const ops = createLlmOps({
    fetch,
    ...pick(settings, 'modelHosts', 'unknownEndpoints', 'agentName'),
    ...(log === false && { logger: false }),
    rateCard: { ...(deployments && { deployments }), ...(unknownModel && { unknownModel }) },
    ...(limitUsd !== undefined && {
      budget: {
        limitUsd,
        ...pick(settings, 'period', 'timeZone', 'ledgerFailure'),
        ...(downshiftTo && { downshift: { to: downshiftTo, ...(downshiftAt !== undefined && { at: downshiftAt }) } }),
        ...(ledger.ledger && { ledger: ledger.ledger }),
      },
    }),
  })
  return { ops, ledger }
}

function optionsOfTasks({ deadlineMs, taskBudgetUsd }: RegisterSettings) {
  return {
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(taskBudgetUsd !== undefined && { budgetUsd: taskBudgetUsd }),
  }
}

function pick<Key extends keyof RegisterSettings>(settings: RegisterSettings, ...names: Key[]) {
  return Object.fromEntries(names.flatMap((name) => (name in settings ? [[name, settings[name]]] : []))) as {
    readonly [Name in Key]?: NonNullable<RegisterSettings[Name]>
  }
}

async function orRefuse<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    return refuseToStart([`${(error as Error).message}`])
  }
}

function refuseToStart(problems: readonly string[]): never {
  say(
    `llmops: the app was not started: with these settings its model calls would be governed wrongly, or not at all.\n` +
      `${problems.map((problem) => `  - ${problem}`).join('\n')}\n` +
      'Correct them, or start without llmops-middleware/register. All settings, with what they accept:\n' +
      'node_modules/llmops-middleware/llmops.config.schema.json',
  )
  process.exit(1)
}

function warnOfUngoverned({ host, path, by }: UngovernedRequest, told: Set<string>): void {
  const name = `POST ${host}/${path}`
  if (told.has(name) || told.size >= MAX_REPORTED) return
  told.add(name)
  warn(`${name} is not governed: it was sent by ${by}. Its cost is not counted in any budget.`)
}

function once(message: string): () => void {
  let isTold = false
  return () => {
    if (!isTold) warn(message)
    isTold = true
  }
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'UngovernedCallWarning' })
}

/** To stderr: what an app writes to stdout may be read by a program. */
function say(message: string): void {
  process.stderr.write(`${message}\n`)
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
