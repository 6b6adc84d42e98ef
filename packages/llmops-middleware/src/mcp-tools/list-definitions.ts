import { untilAborted } from '../on-abort.ts'
import type { ClientRequests, RequestLimits } from './mcp-client.ts'
import { definitionOf, isObject, type ToolDefinition } from './tool-definition.ts'

const MAX_PAGES = 100
/** More than any model can use, and few enough for the memory of a process. */
const MAX_TOOLS = 10_000

/**
 * Reads all pages of a server's tools. Stops at a cursor that came before, because some servers send one with their
 * last page too.
 *
 * @throws Error if the list does not end.
 */
export async function listDefinitions(
  requests: ClientRequests,
  limits: RequestLimits,
): Promise<readonly ToolDefinition[]> {
  const definitions: ToolDefinition[] = []
  const cursors = new Set<string>()
  let cursor: string | undefined
  do {
    if (cursors.size === MAX_PAGES) throw new Error(`The server lists its tools on more than ${MAX_PAGES} pages.`)
    if (cursor !== undefined) cursors.add(cursor)
    const page = await pageOf(requests, cursor, limits)
    const { tools, nextCursor } = isObject(page) ? page : {}
    if (!Array.isArray(tools))
      throw new Error('The client listed no tools: `listTools` returned no object with `tools`.')
    if (definitions.length + tools.length > MAX_TOOLS)
      throw new Error(`The server lists more than ${MAX_TOOLS.toLocaleString('en')} tools.`)
    // If a cursor does not advance, the same page comes again.
    for (const tool of tools) {
      const definition = definitionOf(tool)
      if (definition) definitions.push(definition)
    }
    cursor = typeof nextCursor === 'string' ? nextCursor : undefined
  } while (cursor !== undefined && !cursors.has(cursor))
  return definitions
}

/** A client of the application may ignore the signal. */
async function pageOf(requests: ClientRequests, cursor: string | undefined, limits: RequestLimits): Promise<unknown> {
  try {
    return await untilAborted(requests.listTools(cursor, limits), limits.signal)
  } catch (error) {
    // Up to revision 2025-11-25, servers send an empty cursor with the last page, and do not accept it. In later
    // revisions it is a normal cursor.
    if (cursor === '' && (error as { code?: unknown } | null)?.code === INVALID_PARAMS) return { tools: [] }
    throw error
  }
}

const INVALID_PARAMS = -32602
