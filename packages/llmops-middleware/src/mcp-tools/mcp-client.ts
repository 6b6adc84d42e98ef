import { having, required } from '../check.ts'
import { InvalidResultError } from '../tool/index.ts'

/**
 * What is used of a client of the Model Context Protocol that is connected: the one of `@modelcontextprotocol/client`, that of
 * `@modelcontextprotocol/sdk` 1.x, that of `@ai-sdk/mcp`, or an object of your own that takes what the first one takes.
 */
export type McpClient = {
  /**
   * Lists the tools of the server.
   *
   * @param parameters what the client takes
   */
  listTools(...parameters: never[]): Promise<unknown>
  /**
   * Calls one tool of the server.
   *
   * @param parameters what the client takes
   */
  callTool(...parameters: never[]): Promise<unknown>
}

export const MCP_CLIENT = required(having<McpClient>('a connected client of MCP', 'listTools', 'callTool'))

export type RequestLimits = { readonly signal?: AbortSignal | undefined; readonly timeout: number }

/** What is sent of one call. */
export type CallParams = {
  readonly name: string
  readonly arguments: unknown
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** The same two requests, by whatever client. */
export type ClientRequests = {
  listTools(cursor: string | undefined, limits: RequestLimits): Promise<unknown>
  callTool(params: CallParams, inputSchema: unknown, limits: RequestLimits): Promise<unknown>
}

type AnyFunction = (...parameters: unknown[]) => Promise<unknown>
type Methods = { readonly listTools: AnyFunction; readonly callTool: AnyFunction } & Readonly<Record<string, unknown>>

/** Speaks to a client in its own way. No SDK is imported: each is known by a method that the others do not have. */
export function requestsOf(client: McpClient): ClientRequests {
  const methods = client as unknown as Methods
  const has = (name: string) => typeof methods[name] === 'function'
  if (has('toolsFromDefinitions')) return aiSdkRequests(methods)
  return has('getServerCapabilities') && !has('getProtocolEra') ? sdk1Requests(methods) : sdk2Requests(methods)
}

/**
 * What tells its server from others: the name that the server gives itself, so that it stays the same when a client is made
 * anew; else the client.
 */
export function serverOf(client: McpClient): object | string {
  const { getServerVersion, serverInfo } = client as { getServerVersion?: () => unknown; serverInfo?: unknown }
  const said = typeof getServerVersion === 'function' ? getServerVersion.call(client) : serverInfo
  const { name } = (said ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : client
}

function sdk2Requests(client: Methods): ClientRequests {
  return {
    // Its cache would say for minutes what the server no longer does.
    listTools: (cursor, limits) => client.listTools(pageOf(cursor), { ...limits, cacheMode: 'refresh' }),
    // With a definition that has no output schema, results are checked here alone: the client refuses every draft but 2020-12.
    callTool: (params, inputSchema, limits) =>
      client.callTool(params, { ...limits, toolDefinition: { name: params.name, inputSchema } }),
  }
}

/**
 * What the client of 1.x says of a result that does not keep to the output schema, with a code that means bad arguments: the
 * server has acted by then.
 */
const OF_RESULTS = /output schema|structured content/i

function sdk1Requests(client: Methods): ClientRequests {
  return {
    listTools: (cursor, limits) => client.listTools(pageOf(cursor), limits),
    callTool: (params, _, limits) =>
      client.callTool(params, undefined, limits).catch((error: unknown) => {
        const { message = '' } = error as Partial<Error>
        if (!OF_RESULTS.test(message)) throw error
        throw new InvalidResultError(params.name, [{ path: '', message }], undefined, error)
      }),
  }
}

/** It sends no `_meta`. */
function aiSdkRequests(client: Methods): ClientRequests {
  return {
    listTools: (cursor, options) => client.listTools({ params: pageOf(cursor), options }),
    callTool: (params, _, options) => client.callTool({ name: params.name, arguments: params.arguments, options }),
  }
}

const pageOf = (cursor: string | undefined) => (cursor === undefined ? undefined : { cursor })
