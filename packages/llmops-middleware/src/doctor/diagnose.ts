import { checkApp } from './checks/app.ts'
import { checkConfig } from './checks/config.ts'
import { checkDisk } from './checks/disk.ts'
import { checkDns } from './checks/dns.ts'
import { checkIdentity } from './checks/identity.ts'
import { checkLedger } from './checks/ledger.ts'
import { checkModel } from './checks/model.ts'
import { checkNetwork } from './checks/network.ts'
import { checkPackages } from './checks/packages.ts'
import { checkPort } from './checks/port.ts'
import { checkRedis } from './checks/redis.ts'
import type { Check, DoctorOptions } from './context.ts'
import { createContext } from './create-context.ts'
import { LAYER_NAMES, type Layer } from './layers.ts'
import { findModels, type NamedModel } from './models/find-models.ts'
import { since } from './probes/bounded.ts'
import type { Finding, Report, Verdict } from './report.ts'
import { Secrets } from './secrets.ts'
import { type Described, describeApp, modelsOf } from './settings/app-description.ts'

const CHECKS: Readonly<Record<Layer, Check>> = {
  config: checkConfig,
  packages: checkPackages,
  disk: checkDisk,
  ledger: checkLedger,
  redis: checkRedis,
  identity: checkIdentity,
  dns: checkDns,
  network: checkNetwork,
  model: checkModel,
  port: checkPort,
  app: checkApp,
}

export type DiagnoseOptions = DoctorOptions & {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly signal: AbortSignal
  readonly layers: readonly Layer[]
  readonly model: NamedModel
}

/** Asks every layer, side by side, and says which is broken. No secret is in what it returns. */
export async function diagnose(options: DiagnoseOptions): Promise<Report> {
  const startedAtMs = performance.now()
  const { variables, cwd, signal, layers } = options
  const secrets = new Secrets(variables)
  const described = await describeApp(cwd, variables, signal)
  const app = described.kind === 'described' ? described.app : undefined
  const models = findModels(variables, app && modelsOf(app, variables), options.model)
  const context = createContext({ variables, cwd, signal, secrets, app, models, options })
  const asked = LAYER_NAMES.filter((layer) => layers.includes(layer))
  const found = await Promise.all(asked.map((layer) => run(layer, context)))
  signal.throwIfAborted()
  const findings = [...undescribed(described), ...found.flat()]
  return secrets.hideIn({ ...judge(findings), ms: since(startedAtMs), findings })
}

/** A check that itself throws has found nothing, and does not block other checks. */
async function run(layer: Layer, context: Parameters<Check>[0]): Promise<readonly Finding[]> {
  try {
    return await CHECKS[layer](context)
  } catch (error) {
    const detail = `the check itself failed: ${(error as Error).message}`
    return [{ layer, status: 'warning', detail, next: 'Please report it.' }]
  }
}

function undescribed(described: Described): Finding[] {
  if (described.kind !== 'failed') return []
  const { file, error } = described
  return [
    {
      layer: 'config',
      status: 'warning',
      detail: `${file}, by which the app describes itself, failed: ${error.message.split('\n')[0]}`,
      next: 'Its own settings are not checked until it loads; see packages.',
    },
  ]
}

function judge(findings: readonly Finding[]): Pick<Report, 'verdict' | 'broken' | 'summary' | 'next'> {
  const failed = findings.filter(({ status }) => status === 'failed')
  const broken = LAYER_NAMES.filter((layer) => failed.some((finding) => finding.layer === layer))
  const verdict = findings.every(({ status }) => status === 'skipped') ? 'unknown' : verdictOf(broken)
  // If a layer under the app is broken, the app fails because of it.
  const causes = failed.filter(({ layer }) => verdict !== 'platform' || layer !== 'app')
  return {
    verdict,
    broken,
    summary: SUMMARIES[verdict](causes),
    next: [...new Set((verdict === 'unknown' ? findings : causes).flatMap(({ next }) => next ?? []))],
  }
}

function verdictOf(broken: readonly Layer[]): Verdict {
  if (broken.length === 0) return 'healthy'
  return broken.length === 1 && broken[0] === 'app' ? 'app' : 'platform'
}

const SUMMARIES: Readonly<Record<Verdict, (causes: readonly Finding[]) => string>> = {
  healthy: () => 'Nothing that was asked is broken.',
  unknown: () => 'Nothing could be checked: each layer says what it lacks.',
  platform: (causes) => `Broken: ${[...new Set(causes.map(({ layer }) => layer))].join(', ')}. ${causes[0]!.detail}.`,
  app: (causes) => `Every layer under the app is fine, and the app is not: ${causes[0]!.detail}.`,
}
