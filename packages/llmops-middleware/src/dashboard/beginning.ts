import type { Mark } from '../history/index.ts'

type Facts = Readonly<Record<string, string>>

/** What it means that this process began: another release than that of the process before it, another slot, or neither. */
export function beginningOf(facts: Facts, earlier: Facts | undefined, atMs: number): Mark {
  const changed = (name: string) =>
    earlier?.[name] !== undefined && facts[name] !== undefined && earlier[name] !== facts[name]
  const kind = changed('release') ? 'promotion' : changed('slot') ? 'swap' : 'start'
  const where = facts['slot'] === undefined ? '' : ` in ${facts['slot']}`
  const after =
    kind === 'promotion' ? `, after ${earlier!['release']}` : kind === 'swap' ? `, before ${earlier!['slot']}` : ''
  return { atMs, endsAtMs: null, kind, label: `${facts['release'] ?? 'started'}${where}${after}` }
}
