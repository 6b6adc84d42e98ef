import type { Task } from '../task.ts'
import { redacted } from './redact.ts'

const HIDDEN = '[…]'
/** In characters. Only the start of a message is searched. */
const MOST_READ = 1000
/** In characters. A longer request is not searched. Messages about it are cut before their first quotation. */
const MOST_SEARCHED = 1_000_000
/** Shorter values are common words, and are not hidden. */
const SHORTEST_VALUE = 8
const SHORTEST_RUN = 2 * 12
const BLOCK = SHORTEST_RUN / 2
/** Settings of a request, which messages may name. */
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

/** Removes secrets and content from a text, and shortens it. */
export type Hide = (text: string) => string

/** What must be hidden: the input of a model or a tool, and the credentials. */
export type Given = {
  readonly content: unknown
  /** The number of characters of the content, if it is known. */
  readonly length?: number
  readonly headers?: Headers
  readonly task: Task | undefined
}

/**
 * The texts that were hidden in a task. They are hidden in all its later events, because SDKs put messages of providers
 * into their errors.
 */
const hiddenIn = new WeakMap<Task, Set<string>>()

/**
 * Returns a function that hides values and longer passages of the content, and the credentials. Providers quote what
 * they refuse, some of them the whole body, and JSON parsers quote what they cannot parse.
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

/** Returns a function that hides what was hidden in the task before. */
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

/** Returns the credential without its scheme, which an error may leave out. */
function credentialOf(header: string | null | undefined): string | undefined {
  const value = header?.replace(/^\w+\s+/, '')
  return value && value.length >= 6 ? value : undefined
}

/** Returns the texts of a request, split at line ends and quotes, which are escaped in a quotation. */
function* valuesIn(value: unknown, depth: number): Generator<string> {
  if (typeof value === 'string') {
    for (const piece of value.split(/["'\\\n\r\t]+/)) if (piece.length >= SHORTEST_VALUE) yield piece
  } else if (typeof value === 'object' && value !== null && depth > 0) {
    for (const [name, member] of Object.entries(value)) if (!SETTINGS.has(name)) yield* valuesIn(member, depth - 1)
  } else if (typeof value === 'number' && String(value).length >= SHORTEST_VALUE) yield String(value)
}

/** Returns the value if the text contains it, else the passages that both share. */
function sharedRuns(text: string, value: string): readonly string[] {
  if (value.length < SHORTEST_RUN || value.length <= text.length) {
    if (text.includes(value)) return [value]
    if (value.length < SHORTEST_RUN) return []
  }
  const runs: string[] = []
  // A passage of two blocks contains one aligned block.
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
