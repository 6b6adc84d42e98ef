import { having, required } from '../check.ts'
import { InvalidResultError } from '../tool/index.ts'

/**
 * A connected client of the Model Context Protocol: of `@modelcontextprotocol/client`, `@modelcontextprotocol/sdk` 1.x
 * or `@ai-sdk/mcp`, or your own object with the methods of the first one.
 */
export type McpClient = {
  /**
   * Lists the tools of the server.
   *
   * @param parameters the parameters of the client
   */
  listTools(...parameters: never[]): Promise<unknown>
  /**
   * Calls one tool of the server.
   *
   * @param parameters the parameters of the client
   */
  callTool(...parameters: never[]): Promise<unknown>
}

export const MCP_CLIENT = required(having<McpClient>('a connected MCP client', 'listTools', 'callTool'))

export type RequestLimits = { readonly signal?: AbortSignal | undefined; readonly timeout: number }

/** The parameters of one call. */
export type CallParams = {
  readonly name: string
  readonly arguments: unknown
  readonly _meta?: Readonly<Record<string, unknown>>
}

/** The two requests, for any client. */
export type ClientRequests = {
  listTools(cursor: string | undefined, limits: RequestLimits): Promise<unknown>
  callTool(params: CallParams, inputSchema: unknown, limits: RequestLimits): Promise<unknown>
}

type AnyFunction = (...parameters: unknown[]) => Promise<unknown>
type Methods = { readonly listTools: AnyFunction; readonly callTool: AnyFunction } & Readonly<Record<string, unknown>>

/**
 * Returns the requests for a client. No SDK is imported: each client is recognised by a method that the others do not
 * have.
 */
export function requestsOf(client: McpClient): ClientRequests {
  const methods = client as unknown as Methods
  const has = (name: string) => typeof methods[name] === 'function'
  if (has('toolsFromDefinitions')) return aiSdkRequests(methods)
  return has('getServerCapabilities') && !has('getProtocolEra') ? sdk1Requests(methods) : sdk2Requests(methods)
}

/** Returns what identifies the server: its own name, which is the same for a new client, else the client. */
export function serverOf(client: McpClient): object | string {
  const { getServerVersion, serverInfo } = client as { getServerVersion?: () => unknown; serverInfo?: unknown }
  const said = typeof getServerVersion === 'function' ? getServerVersion.call(client) : serverInfo
  const { name } = (said ?? {}) as { readonly name?: unknown }
  return typeof name === 'string' ? name : client
}

function sdk2Requests(client: Methods): ClientRequests {
  return {
    // The cache of the client would return an old list for minutes.
    listTools: (cursor, limits) => client.listTools(pageOf(cursor), { ...limits, cacheMode: 'refresh' }),
    // The definition has no output schema, so that results are checked only here: the client accepts only draft
    // 2020-12.
    callTool: (params, inputSchema, limits) =>
      client.callTool(params, { ...limits, toolDefinition: { name: params.name, inputSchema } }),
  }
}

/**
 * The message of the client 1.x for a result that does not fit the output schema. Its code means bad arguments, but the
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

/** The client of the AI SDK does not send `_meta`. */
function aiSdkRequests(client: Methods): ClientRequests {
  return {
    listTools: (cursor, options) => client.listTools({ params: pageOf(cursor), options }),
    callTool: (params, _, options) => client.callTool({ name: params.name, arguments: params.arguments, options }),
  }
}

const pageOf = (cursor: string | undefined) => (cursor === undefined ? undefined : { cursor })
