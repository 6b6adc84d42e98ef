import { ENDPOINT_TABLES, type EndpointProvider } from './endpoint-table.ts'
import { literally, providersAt } from './model-hosts.ts'

/** An endpoint for a POST that no wire format recognises. */
export type Endpoint = {
  /** `unknown`: it is in no table, so it may cost money. */
  readonly kind: 'free' | 'billed' | 'unknown'
  // The path without ids, for a metric: `threads/*/runs`.
  readonly template: string
}

type Row = { readonly kind: 'free' | 'billed'; readonly template: string; readonly matches: RegExp }

const ROWS = new Map<EndpointProvider, readonly Row[]>(
  Object.entries(ENDPOINT_TABLES).map(([provider, { free, billed }]) => [
    provider as EndpointProvider,
    // Billed rows come first, so that a wildcard of a free row never hides one.
    [...billed.map((template) => rowOf('billed', template)), ...free.map((template) => rowOf('free', template))],
  ]),
)

const ALL_PROVIDERS = [...ROWS.keys()]

function rowOf(kind: Row['kind'], template: string): Row {
  const pattern = template
    .split('/')
    .map((part) => (part === '**' ? '.+' : part.split('*').map(literally).join('[^/]+')))
    .join('/')
  return { kind, template, matches: new RegExp(`^${pattern}$`, 'i') }
}

/** Segments that can precede the paths of an API: a version, or names that Azure and gateways use. */
const ROOT_SEGMENT = /^(v\d+(alpha|beta)?\d*|openai|anthropic|api|compatible-mode|inference)$/i

/**
 * Looks a path up in the tables of its host; for an unknown host, in all tables. A path that is billed in one table is
 * billed, whatever the others say.
 *
 * @param path of the URL, in its canonical form: `/v1/threads/thread_1/runs`
 */
export function classifyEndpoint(hostname: string, path: string): Endpoint {
  const providers = providersAt(hostname) ?? ALL_PROVIDERS
  const tails = tailsOf(path)
  let free: Row | undefined
  for (const provider of providers) {
    const row = rowFor(ROWS.get(provider)!, tails)
    if (row?.kind === 'billed') return row
    free ??= row
  }
  return free ?? { kind: 'unknown', template: templateOf(path) }
}

function rowFor(rows: readonly Row[], tails: readonly string[]): Row | undefined {
  return rows.find(({ matches }) => tails.some((tail) => matches.test(tail)))
}

/** Returns the path after each segment that can be the root of an API, the longest first. */
function tailsOf(path: string): readonly string[] {
  const segments = path.slice(1).split('/')
  const tails = [segments.join('/')]
  for (const [index, segment] of segments.entries()) {
    if (ROOT_SEGMENT.test(segment)) tails.push(segments.slice(index + 1).join('/'))
  }
  return tails
}

/** A word: an id always has digits or capitals, or is longer. */
const WORD = /^[a-z][a-z_.-]{0,29}$|^v\d+(alpha|beta)?\d*$/
const MAX_SEGMENTS = 8

function templateOf(path: string): string {
  const segments = path.slice(1).split('/').slice(0, MAX_SEGMENTS)
  return segments.map(templateSegment).join('/')
}

function templateSegment(segment: string): string {
  const [name = '', verb] = segment.split(':')
  const known = WORD.test(name) ? name : '*'
  return verb !== undefined && /^[a-zA-Z]{1,40}$/.test(verb) ? `${known}:${verb}` : known
}
