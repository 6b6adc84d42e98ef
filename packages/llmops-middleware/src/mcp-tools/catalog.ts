import type { McpClient } from './mcp-client.ts'
import { hashOfDefinition, type ToolDefinition } from './tool-definition.ts'

/** What a server listed last, by client: tools that were made of an earlier list look whether theirs still holds. */
const catalogs = new WeakMap<McpClient, Catalog>()

export class Catalog {
  /** Of each tool, by the name that its server gives it. A definition that is too large has no hash. */
  hashes: ReadonlyMap<string, string | undefined> = new Map()
  /** Whether anything was listed before. */
  hasBegun = false

  static of(client: McpClient): Catalog {
    const catalog = catalogs.get(client) ?? new Catalog()
    catalogs.set(client, catalog)
    return catalog
  }
}

export type Listed = {
  readonly definition: ToolDefinition
  readonly hash: string | undefined
  /** Whether the server lists another tool by the same name, so that nobody knows which of them would be called. */
  readonly isAmbiguous: boolean
}

/** Each tool once, in the order of the server. */
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
