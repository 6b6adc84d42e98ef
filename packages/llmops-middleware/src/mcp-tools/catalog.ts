import type { McpClient } from './mcp-client.ts'
import { hashOfDefinition, type ToolDefinition } from './tool-definition.ts'

/** The last list of each server, by client. Tools from an earlier list compare their definition with it. */
const catalogs = new WeakMap<McpClient, Catalog>()

export class Catalog {
  /** The hash of each tool, by its name on the server. A definition that is too large has no hash. */
  hashes: ReadonlyMap<string, string | undefined> = new Map()
  /** Whether the tools were listed before. */
  hasBegun = false
  /** Whether announcements of the server are listened for. */
  isWatched = false
  /** Reads the list again, as the last call of `ops.mcpTools` did. */
  refresh = async (): Promise<void> => {}

  static of(client: McpClient): Catalog {
    const catalog = catalogs.get(client) ?? new Catalog()
    catalogs.set(client, catalog)
    return catalog
  }
}

export type Listed = {
  readonly definition: ToolDefinition
  readonly hash: string | undefined
  /** Whether the server lists different tools with this name, so that it is not known which one would be called. */
  readonly isAmbiguous: boolean
}

/** Returns each tool once, in the order of the server. */
export function listedOnce(definitions: readonly ToolDefinition[]): readonly Listed[] {
  const byName = new Map<string, Listed>()
  for (const definition of definitions) {
    const { name } = definition
    const hash = hashOfDefinition(definition)
    const known = byName.get(name)
    byName.set(
      name,
      known
        ? { ...known, isAmbiguous: known.isAmbiguous || known.hash !== hash }
        : { definition, hash, isAmbiguous: false },
    )
  }
  return [...byName.values()]
}
