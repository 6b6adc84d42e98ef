import { nearest } from 'command-line'
import { InvalidArgumentError } from 'commander'
import { type Condition, isOperator } from './condition.ts'
import { METRICS, type Unit } from './metrics.ts'

/** How each unit is written: `read` returns what is meant, or undefined where it is not acceptable. */
const UNITS: Readonly<
  Record<Unit, { readonly accepted: string; readonly read: (text: string) => number | undefined }>
> = {
  share: { accepted: 'a share from 0 to 1 or 0% to 100%, such as 0.95 or 95%', read: readShare },
  time: { accepted: 'a time with its unit, such as 2s or 500ms', read: readTime },
  usd: { accepted: 'US dollars, such as 0.002', read: (text) => readNumber(text.replace(/^\$/, '')) },
  count: { accepted: 'a whole number, such as 100', read: (text) => (/^\d+$/.test(text) ? Number(text) : undefined) },
}

/** Parses one `--fail-if` and adds it to those before. Each message names the part that is wrong. */
export function parseCondition(text: string, before: readonly Condition[] = []): Condition[] {
  const [, name = '', operator = '', value = ''] = /^([^<>=!]*)([<>=!]*)(.*)$/s.exec(text)?.map((p) => p.trim()) ?? []
  if (!Object.hasOwn(METRICS, name)) throw unknownMetric(name)
  if (!isOperator(operator)) throw wrongOperator(operator)
  const unit = UNITS[METRICS[name]!.unit]
  const bound = unit.read(value)
  if (bound !== undefined) return [...before, { text, metric: name, operator, bound }]
  throw new InvalidArgumentError(`'${name}' is compared with ${unit.accepted}, not '${value}'.${hintFor(text, value)}`)
}

function unknownMetric(name: string): InvalidArgumentError {
  const names = Object.keys(METRICS)
  // p(95) is how k6 writes it.
  const meant = nearest(name.replace(/[()]/g, ''), names)
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  return new InvalidArgumentError(`'${name}' is not a metric.${hint} There are ${names.join(', ')}.`)
}

function wrongOperator(operator: string): InvalidArgumentError {
  const swapped = operator.startsWith('=') ? [...operator].reverse().join('') : undefined
  const hint = swapped !== undefined && isOperator(swapped) ? ` Did you mean '${swapped}'?` : ''
  return operator === ''
    ? new InvalidArgumentError(
        'After the metric comes <, <=, > or >=. Quote it all, since a shell reads < and > itself: "p95>2s".',
      )
    : new InvalidArgumentError(`'${operator}' is not one of <, <=, >, >=.${hint}`)
}

function hintFor(text: string, value: string): string {
  if (/\b(and|or)\b|&&|\|\|/.test(value))
    return ' Repeat --fail-if for a second condition: the run fails if one is met.'
  const corrected = [value.replace(',', '.'), `${value}%`, `${value}s`]
  const { unit } = METRICS[/^[^<>=!]*/.exec(text)![0].trim()]!
  const meant = corrected.find((candidate) => UNITS[unit].read(candidate) !== undefined)
  return meant === undefined ? '' : ` Did you mean ${meant}?`
}

function readShare(text: string): number | undefined {
  const share = text.endsWith('%') ? readNumber(text.slice(0, -1).trim(), -2) : readNumber(text)
  return share !== undefined && share <= 1 ? share : undefined
}

function readTime(text: string): number | undefined {
  const [, count = '', unit] = /^(.*?)\s*(ms|s)$/.exec(text) ?? []
  return readNumber(count, unit === 's' ? 3 : 0)
}

/**
 * No sign, no exponent, no comma: what a person means by them differs.
 *
 * @param power of ten to multiply by, before rounding: 99.9 / 100 is not 0.999 to a computer
 */
function readNumber(text: string, power = 0): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(`${text}e${power}`) : undefined
}
