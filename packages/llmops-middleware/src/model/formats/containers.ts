type Environment = { readonly type?: unknown; readonly container_id?: unknown; readonly memory_limit?: unknown } | null
type Tool = { readonly type?: unknown; readonly container?: unknown; readonly environment?: Environment } | null
type Item = { readonly type?: unknown; readonly container_id?: unknown; readonly environment?: Environment } | null

const SMALLEST_GIGABYTES = 1
const NONE = {}

/** Returns the memory of the containers that the provider may create. A container that is named by its id already exists. */
export function mostContainers(tools: unknown): { readonly containerGigabytes?: number } {
  if (!Array.isArray(tools)) return NONE
  const containerGigabytes = made(tools).reduce((sum: number, each) => sum + gigabytesOf(each), 0)
  return containerGigabytes > 0 ? { containerGigabytes } : {}
}

/** Returns the memory of the containers in a response, each once (developers.openai.com/api/docs/guides/tools-code-interpreter and /tools-shell). */
export function containersIn(output: unknown, tools: unknown): { readonly containerGigabytes?: number } {
  const largest = Math.max(0, ...made(tools).map(gigabytesOf))
  if (largest === 0 || !Array.isArray(output)) return {}
  const calls = (output as readonly Item[]).filter((item) => CALLS.test(String(item?.type)) && !isLocal(item))
  const count = new Set(calls.map((call) => call!.container_id ?? call!.environment?.container_id)).size
  return count > 0 ? { containerGigabytes: count * largest } : {}
}

function made(tools: unknown): readonly Tool[] {
  const all: readonly Tool[] = Array.isArray(tools) ? tools : []
  return all.filter(
    (tool) =>
      (tool?.type === 'code_interpreter' && typeof tool.container !== 'string') ||
      (tool?.type === 'shell' && tool.environment?.type === 'container_auto'),
  )
}

const CALLS = /^(code_interpreter|shell)_call$/

function isLocal(item: Item): boolean {
  return item?.environment?.type === 'local'
}

/** Parses `4g`; anything else is the default size. */
function gigabytesOf(tool: Tool): number {
  const { memory_limit: limit } = (tool?.container ?? tool?.environment ?? {}) as { readonly memory_limit?: unknown }
  return Number(/^(\d{1,4})g$/.exec(String(limit))?.[1] ?? SMALLEST_GIGABYTES) || SMALLEST_GIGABYTES
}
