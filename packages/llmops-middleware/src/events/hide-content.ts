import type { Task } from '../task.ts'
import { redacted } from './redact.ts'

const HIDDEN = '[…]'
/** As much of a sentence as is searched. */
const MOST_READ = 1000
/** Requests that are longer are not searched; of what is said about them only what stands before any quotation is told. */
const MOST_SEARCHED = 1_000_000
/** Shorter values are words like others. */
const SHORTEST_VALUE = 8
const SHORTEST_RUN = 2 * 12
const BLOCK = SHORTEST_RUN / 2
/** Settings of a request, which sentences name and nobody minds. */
const SETTINGS: ReadonlySet<string> = new Set(
  'model role type object format tool_choice reasoning_effort effort encoding_format detail service_tier'.split(' '),
)
const CREDENTIALS = [
  'authorization',
  'proxy-authorization',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'cookie',
] as const
const DEEPEST = 64
const MOST_REMEMBERED = 16

/** Takes out of a text what must not be told, and cuts it to a length. */
export type Hide = (text: string) => string

/** What an error must not repeat: what a model or a tool was given, and with which keys. */
export type Given = {
  readonly content: unknown
  /** Characters of the content, where that is known. */
  readonly length?: number
  readonly headers?: Headers
  readonly task: Task | undefined
}

/** What was hidden once in a task is hidden in all that is told of it: SDKs put the sentence of a provider into errors. */
const hiddenIn = new WeakMap<Task, Set<string>>()

/**
 * Providers quote what they refuse, some of them the whole body; JSON parsers quote what they cannot read. So a text is
 * told without the values and the longer passages of the content, and without the credentials.
 */
export function hiderOf({ content, length = 0, headers, task }: Given): Hide {
  let values: readonly string[] | undefined
  return (text) => {
    let safe = text.slice(0, MOST_READ)
    for (const name of CREDENTIALS) safe = without(safe, credentialOf(headers?.get(name)), '[redacted]')
    if (length > MOST_SEARCHED) return redacted(hideRemembered(safe.split(/["'`{[]/, 1)[0]!, task))
    values ??= [...valuesIn(content, DEEPEST)]
    for (const value of values) {
      for (const run of sharedRuns(safe, value)) {
        safe = without(safe, run)
        remember(run, task)
      }
    }
    return redacted(hideRemembered(safe, task))
  }
}

/** For what is told of a task itself. */
export function hiderIn(task: Task | undefined): Hide {
  return (text) => redacted(hideRemembered(text.slice(0, MOST_READ), task))
}

function remember(run: string, task: Task | undefined): void {
  if (!task) return
  const runs = hiddenIn.get(task) ?? new Set()
  if (runs.size < MOST_REMEMBERED) hiddenIn.set(task, runs.add(run))
}

function hideRemembered(text: string, task: Task | undefined): string {
  let safe = text
  for (const run of (task && hiddenIn.get(task)) ?? []) safe = without(safe, run)
  return safe
}

const without = (text: string, part: string | undefined, instead = HIDDEN) =>
  part === undefined || part === '' ? text : text.replaceAll(part, instead)

/** Without its scheme, which is not secret and which an error may leave out. */
function credentialOf(header: string | null | undefined): string | undefined {
  const value = header?.replace(/^\w+\s+/, '')
  return value && value.length >= 6 ? value : undefined
}

/** The texts of a request, in the pieces that they have in a quotation, where line ends and quotes are escaped. */
function* valuesIn(value: unknown, depth: number): Generator<string> {
  if (typeof value === 'string') {
    for (const piece of value.split(/["'\\\n\r\t]+/)) if (piece.length >= SHORTEST_VALUE) yield piece
  } else if (typeof value === 'object' && value !== null && depth > 0) {
    for (const [name, member] of Object.entries(value)) if (!SETTINGS.has(name)) yield* valuesIn(member, depth - 1)
  } else if (typeof value === 'number' && String(value).length >= SHORTEST_VALUE) yield String(value)
}

/** A value that stands in a text, else the passages that they share. */
function sharedRuns(text: string, value: string): readonly string[] {
  if (value.length < SHORTEST_RUN || value.length <= text.length) {
    if (text.includes(value)) return [value]
    if (value.length < SHORTEST_RUN) return []
  }
  const runs: string[] = []
  // A passage of twice a block holds one that is aligned.
  for (let at = 0; at + BLOCK <= text.length; at += BLOCK) {
    const found = value.indexOf(text.slice(at, at + BLOCK))
    if (found < 0) continue
    let before = 0
    while (at > before && found > before && text[at - before - 1] === value[found - before - 1]) before++
    let after = BLOCK
    while (at + after < text.length && text[at + after] === value[found + after]) after++
    if (before + after < SHORTEST_RUN) continue
    runs.push(text.slice(at - before, at + after))
    at += after
  }
  return runs
}
