import { BUDGET_OPTIONS, type BudgetOptions, type Limit } from '../budget/index.ts'
import { type Check, either, flag, mapOf, oneOf, share, text, usd, where } from '../check.ts'
import type { BudgetPeriod } from '../ledger/index.ts'
import { FETCH_OPTIONS } from '../model/index.ts'
import { PAYER } from '../payer.ts'
import { RATE_CARD_OPTIONS } from '../pricing/index.ts'
import { TASK_OPTIONS } from '../task.ts'
import type { Usd } from '../usd.ts'
import { asIs, type FromText, listFromText, mapFromText, numberOr, readFlag } from './from-text.ts'

/** The settings of `llmops-middleware/register`, from a file or from variables. */
export type RegisterSettings = {
  readonly limitUsd?: Exclude<Limit, (...parameters: never[]) => unknown>
  readonly period?: BudgetPeriod
  readonly timeZone?: string
  readonly downshiftTo?: Readonly<Record<string, string>>
  readonly downshiftAt?: number
  readonly ledger?: string
  readonly ledgerFailure?: NonNullable<BudgetOptions['ledgerFailure']>
  readonly tenant?: string
  readonly tenantHeader?: string
  readonly tenantUnverifiedClaim?: string
  readonly taskBudgetUsd?: Usd
  readonly deadlineMs?: number
  readonly abortWhenClientLeaves?: boolean
  readonly deployments?: Readonly<Record<string, string>>
  readonly unknownModel?: 'block' | 'assumeMax' | 'allow'
  readonly modelHosts?: readonly string[]
  readonly unknownEndpoints?: 'pass' | 'refuse'
  readonly agentName?: string
  readonly log?: boolean
  readonly telemetry?: 'auto' | 'off'
}

export type Setting = {
  readonly check: Check
  /** Parses the value of a variable; a value that cannot be parsed stays as it is, so that the check refuses it. */
  readonly fromText: FromText
  /** The same for the published JSON Schema. */
  readonly schema: object
  /** One sentence, for the schema and the documentation. */
  readonly says: string
  /** What applies if it is not set, in words. */
  readonly otherwise: string
}

const MAX_USD = 9_007_199
const amount = { type: 'number', minimum: 0, maximum: MAX_USD }
const words = { type: 'object', additionalProperties: { type: 'string', minLength: 1 } }
const word = { type: 'string', minLength: 1 }
const choice = (...values: readonly string[]) => ({ enum: values })

const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/
const LEDGER = /^(memory|sqlite:.+|rediss?:\/\/.+)$/
const HOST = /^[A-Za-z0-9*.\-[\]:]+$/

export const SETTINGS: { readonly [Name in keyof Required<RegisterSettings>]: Setting } = {
  limitUsd: {
    check: either(usd, mapOf(usd)),
    fromText: numberOr(mapFromText(numberOr(asIs))),
    schema: { anyOf: [amount, { type: 'object', additionalProperties: amount }] },
    says: 'What a tenant may spend in a period, in US dollars: one amount for all, or one by tenant, where `*` is for all others.',
    otherwise: 'no limit: calls are counted, and none is refused',
  },
  period: {
    check: BUDGET_OPTIONS.period,
    fromText: asIs,
    schema: {
      anyOf: [
        choice('hour', 'day', 'week', 'month'),
        {
          type: 'object',
          properties: { rollingMs: { type: 'integer', minimum: 1000, maximum: 31_622_400_000 } },
          required: ['rollingMs'],
          additionalProperties: false,
        },
      ],
    },
    says: 'How long a limit counts before it starts again: `hour`, `day`, `week`, `month`, or `{ "rollingMs": 3600000 }`.',
    otherwise: '`month`',
  },
  timeZone: {
    check: BUDGET_OPTIONS.timeZone,
    fromText: asIs,
    schema: word,
    says: 'The time zone whose clocks begin the periods, such as `Europe/Berlin`.',
    otherwise: '`UTC`',
  },
  downshiftTo: {
    check: mapOf(text),
    fromText: mapFromText(asIs),
    schema: words,
    says: 'The cheaper model of each, which calls go to once the share `downshiftAt` of the limit is spent.',
    otherwise: 'no call is moved',
  },
  downshiftAt: {
    check: share,
    fromText: numberOr(asIs),
    schema: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    says: 'The share of the limit from which on calls go to the cheaper model, above 0 and at most 1.',
    otherwise: '`0.8`',
  },
  ledger: {
    check: where(
      '`memory`, `sqlite:` with the path of a file, or a redis:// or rediss:// URL',
      (value) => typeof value === 'string' && LEDGER.test(value),
    ),
    fromText: asIs,
    schema: { type: 'string', pattern: LEDGER.source },
    says: 'Where money is counted: `memory` (of each process and worker thread by itself), `sqlite:.data/ledger.db` (all of a machine), or a `redis://` URL (all).',
    otherwise: '`memory`',
  },
  ledgerFailure: {
    check: BUDGET_OPTIONS.ledgerFailure,
    fromText: asIs,
    schema: choice('closed', 'open'),
    says: 'What happens while the ledger does not answer: `closed` refuses calls, `open` lets each process count for itself.',
    otherwise: '`closed`',
  },
  tenant: {
    check: { ...PAYER.tenant, isRequired: false },
    fromText: asIs,
    schema: { type: 'string', minLength: 1, maxLength: 256 },
    says: 'Who pays for calls outside of requests, and for requests that name no tenant.',
    otherwise: '`default`; none if `tenantHeader` or `tenantUnverifiedClaim` is set: such calls are refused',
  },
  tenantHeader: {
    check: where('the name of a header, such as x-tenant', (value) => typeof value === 'string' && HEADER.test(value)),
    fromText: asIs,
    schema: { type: 'string', pattern: HEADER.source },
    says: 'The request header that names the tenant. Anybody can write a header: only behind a proxy that sets this one itself.',
    otherwise: 'none',
  },
  tenantUnverifiedClaim: {
    check: text,
    fromText: asIs,
    schema: word,
    says: 'The claim of the bearer token (a JWT) that names the tenant. Its signature is NOT verified: only behind a proxy that has verified it.',
    otherwise: 'none',
  },
  taskBudgetUsd: {
    check: TASK_OPTIONS.budgetUsd,
    fromText: numberOr(asIs),
    schema: amount,
    says: 'What the model calls of one request may cost together, in US dollars.',
    otherwise: 'no limit of its own',
  },
  deadlineMs: {
    check: TASK_OPTIONS.deadlineMs,
    fromText: numberOr(asIs),
    schema: { type: 'number', exclusiveMinimum: 0 },
    says: "Milliseconds from a request's first model call after which its model calls are aborted.",
    otherwise: 'no deadline',
  },
  abortWhenClientLeaves: {
    check: flag,
    fromText: readFlag,
    schema: { type: 'boolean' },
    says: 'Whether the model calls of a request are aborted when its client leaves before it was answered.',
    otherwise: '`false`: the app continues',
  },
  deployments: {
    check: RATE_CARD_OPTIONS.deployments,
    fromText: mapFromText(asIs),
    schema: words,
    says: 'Which model a deployment of Azure serves, where it has another name.',
    otherwise: 'each serves the model of its name',
  },
  unknownModel: {
    check: RATE_CARD_OPTIONS.unknownModel,
    fromText: asIs,
    schema: choice('block', 'assumeMax', 'allow'),
    says: 'What a model without a price costs: `block` refuses it, `assumeMax` charges the dearest price, `allow` nothing.',
    otherwise: '`block`',
  },
  modelHosts: {
    check: FETCH_OPTIONS.modelHosts,
    fromText: listFromText,
    schema: { type: 'array', items: { type: 'string', pattern: HOST.source } },
    says: 'Hosts of models in addition to the known ones, such as `gateway.contoso.com`.',
    otherwise: 'the hosts of the known providers',
  },
  unknownEndpoints: {
    check: oneOf('pass', 'refuse'),
    fromText: asIs,
    schema: choice('pass', 'refuse'),
    says: 'What happens to a POST without a known price: `pass` counts it, `refuse` answers it with 400.',
    otherwise: '`refuse` on hosts of models, `pass` elsewhere',
  },
  agentName: {
    check: text,
    fromText: asIs,
    schema: word,
    says: 'The name of the agent on spans.',
    otherwise: '`agent`',
  },
  log: {
    check: flag,
    fromText: readFlag,
    schema: { type: 'boolean' },
    says: 'Whether failed tasks and refused calls are written to stderr, one line of JSON each.',
    otherwise: '`true`',
  },
  telemetry: {
    check: oneOf('auto', 'off'),
    fromText: asIs,
    schema: choice('auto', 'off'),
    says: 'Whether exporters are started by `APPLICATIONINSIGHTS_CONNECTION_STRING` or the variables `OTEL_*`; `off` leaves that to the app.',
    otherwise: '`auto`',
  },
}

/** @example variableOf('limitUsd') // 'LLMOPS_LIMIT_USD' */
export function variableOf(setting: string): string {
  return `LLMOPS_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}
