import type { Mark } from '../history/index.ts'

type Facts = Readonly<Record<string, string>>

/**
 * What the start of this process means: a release came to this slot from another slot or by a deployment, or neither.
 *
 * @param earlier the facts of the processes before it, the latest first.
 */
export function beginningOf(facts: Facts, earlier: readonly Facts[], atMs: number): Mark {
  const { release = 'started', slot } = facts
  const before = earlier.find((other) => other['slot'] === slot)
  const elsewhere = earlier.find((other) => other['slot'] !== slot && other['release'] === release)
  const isNew = before?.['release'] !== release
  const where = slot === undefined ? '' : ` in ${slot}`
  const mark = (kind: Mark['kind'], more = '') => ({ atMs, endsAtMs: null, kind, label: `${release}${where}${more}` })
  if (isNew && elsewhere) return mark('swap', `, from ${elsewhere['slot']}`)
  if (isNew && before) return mark('promotion', `, after ${before['release']}`)
  return mark('start')
}
