import { FAULT_KINDS, type Fault } from './fault.ts'
import { InvalidFaultError } from './invalid-fault-error.ts'

const RETRY_AFTER_FORMS = ['seconds', 'milliseconds', 'date']

/** The accepted values of each setting. */
const SETTINGS: Readonly<Record<string, { readonly accepts: string; readonly test: (value: unknown) => boolean }>> = {
  kind: {
    accepts: `one of ${FAULT_KINDS.join(', ')}`,
    test: (value) => (FAULT_KINDS as readonly unknown[]).includes(value),
  },
  model: { accepts: 'the name of a model', test: (value) => typeof value === 'string' && value !== '' },
  times: {
    accepts: 'a whole number from 1, or Infinity',
    test: (value) => value === Number.POSITIVE_INFINITY || (isWhole(value) && value >= 1),
  },
  probability: { accepts: 'a number from 0 to 1', test: (value) => isNumber(value) && value >= 0 && value <= 1 },
  afterEvents: { accepts: 'a whole number from 0', test: (value) => isWhole(value) && value >= 0 },
  retryAfterMs: { accepts: 'milliseconds from 0', test: (value) => isNumber(value) && value >= 0 },
  retryAfterForm: {
    accepts: `one of ${RETRY_AFTER_FORMS.join(', ')}`,
    test: (value) => RETRY_AFTER_FORMS.includes(value as string),
  },
  delayMs: { accepts: 'milliseconds from 0', test: (value) => isNumber(value) && value >= 0 },
}

/** Checks a fault from a test, a body or a header. "3" counts as 3, and "Infinity", which JSON does not have, as Infinity. */
export function readFault(value: unknown): Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidFaultError(`A fault is '${JSON.stringify(value)}'; accepted is an object with a \`kind\`.`)
  }
  const given = Object.entries({ kind: undefined, ...value }).filter(
    ([name, setting]) => name === 'kind' || setting !== undefined,
  )
  const fault = given.map(([name, setting]) => [name, isNumeric(name, setting) ? Number(setting) : setting] as const)
  for (const [name, setting] of fault) {
    if (!Object.hasOwn(SETTINGS, name)) {
      throw new InvalidFaultError(
        `\`${name}\` is not a setting of a fault; accepted are ${Object.keys(SETTINGS).join(', ')}.`,
      )
    }
    const { accepts, test } = SETTINGS[name]!
    if (!test(setting)) throw new InvalidFaultError(`\`${name}\` is '${String(setting)}'; accepted is ${accepts}.`)
  }
  return Object.fromEntries(fault) as unknown as Fault
}

/** Reads `kind` or `kind;afterEvents=2;delayMs=500`, the form of the `x-fault` header. */
export function readFaultHeader(header: string): Fault {
  const [kind = '', ...settings] = header.split(';').map((part) => part.trim())
  const given = settings.map((setting) => {
    const [name = '', value = ''] = setting.split('=')
    return [name, value]
  })
  return readFault({ kind, ...Object.fromEntries(given) })
}

function isNumeric(name: string, value: unknown): boolean {
  return name !== 'model' && typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value)
}
