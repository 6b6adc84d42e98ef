import { hostHeaderValidation, originValidation, toNodeHandler } from '@modelcontextprotocol/node'
import {
  createMcpHandler,
  type Implementation,
  type McpRequestContext,
  McpServer,
  type McpServerOptions,
} from '@modelcontextprotocol/server'
import type { Meter } from '@opentelemetry/api'
import express, { type Request, type Response, type Router } from 'express'
import {
  anyText,
  type Check,
  type ChecksOf,
  checkOptions,
  func,
  having,
  listOf,
  required,
  text,
  where,
  whole,
} from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { passingErrors, problemOf, sendProblem, UnknownTenantError } from '../express/index.ts'
import { OPS } from '../http/index.ts'
import { mcpOperationDuration } from '../mcp-operation-duration.ts'
import type { MaybePromise } from '../pipeline.ts'
import { TASK_OPTIONS, type TaskRunner } from '../task.ts'
import type { Tool } from '../tool/index.ts'
import { type ReadRequest, readBody } from './read-body.ts'
import { serveParsed } from './serve-parsed.ts'
import { servedTool } from './served-tool.ts'

/** The options of `mcpRouter`. */
export type McpRouterOptions = {
  /** The object that `createLlmOps` returned. */
  readonly ops: { readonly task: TaskRunner }
  /** The tools to serve, created with `ops.tool`. Each name must be unique. */
  readonly tools: readonly Tool[]
  /**
   * Authenticates the request and returns the tenant that pays. Undefined is answered with 401. Errors go to the error
   * handler of the application.
   */
  readonly tenant: (request: Request) => MaybePromise<string | undefined>
  /** The description of the server for clients: at least its `name` and `version`. */
  readonly serverInfo: Implementation
  /** The host names of the server, without ports. Requests with another `Host` or `Origin` are answered with 403. */
  readonly allowedHosts: readonly string[]
  /** What a model should know before it uses the tools. @default nothing */
  readonly instructions?: string | undefined
  /** The path of the router. @default '/mcp' */
  readonly path?: string | undefined
  /** The deadline of a call, in milliseconds. @default no deadline */
  readonly deadlineMs?: number | undefined
  /** The maximum size of a request, in bytes. @default 1_048_576 */
  readonly maxRequestBytes?: number | undefined
  /**
   * Options of the SDK's `McpServer`, such as the `capabilities` for what `extend` adds.
   *
   * @default those of the tools
   */
  readonly serverOptions?: McpServerOptions | undefined
  /**
   * Adds other features of the SDK (prompts, resources, other tools) to the server of each request. They are not
   * governed.
   *
   * @default none
   */
  readonly extend?: ((server: McpServer, context: McpRequestContext) => MaybePromise<void>) | undefined
  /** The meter for `mcp.server.operation.duration`. @default the meter `agent` of the global provider */
  readonly meter?: Meter | undefined
  /** Called for errors outside a tool: a body that cannot be read, a client that disconnected. @default none */
  readonly onError?: ((error: Error) => void) | undefined
}

const TOOL = having<Tool>('what ops.tool returned', 'execute', 'call')

const TOOLS_DO_NOT_CHANGE = { listChanged: false }

const SERVER_INFO: Check = {
  ...where('an object with the name and the version of the server', (value) => typeof value === 'object' && !!value),
  members: { name: required(text), version: required(text) },
}

export const MCP_ROUTER_OPTIONS: ChecksOf<McpRouterOptions> = {
  ops: required(OPS),
  tools: required(listOf(TOOL)),
  tenant: required({ ...func, accepts: 'a function of the request that returns the name of the tenant that pays' }),
  serverInfo: required(SERVER_INFO),
  allowedHosts: required(listOf(text, { min: 1 })),
  instructions: anyText,
  path: where('a path that begins with /', (value) => typeof value === 'string' && value.startsWith('/')),
  deadlineMs: TASK_OPTIONS.deadlineMs,
  maxRequestBytes: whole(1),
  serverOptions: where('an object of options of McpServer', (value) => typeof value === 'object' && !!value),
  extend: func,
  meter: having<Meter>('an OpenTelemetry Meter', 'createHistogram'),
  onError: func,
}

/**
 * Serves tools by the Model Context Protocol, revisions 2026-07-28 and 2025-11-25 on one URL, without sessions, so that
 * any instance can answer any request. Each call is a task of its tenant. The protocol is implemented by the SDK.
 *
 * @throws InvalidOptionError if an option is invalid.
 * @example
 * app.use(mcpRouter({ ops, tools: [lookup], tenant: tenantOfKey, serverInfo, allowedHosts: ['agent.example.com'] }))
 */
export function mcpRouter(options: McpRouterOptions): Router {
  checkOptions(options, MCP_ROUTER_OPTIONS)
  const { tools, tenant, serverInfo, path = '/mcp', maxRequestBytes = 1024 * 1024, extend, onError } = options
  const { instructions, serverOptions } = options
  refuseDuplicateNames(tools)
  const record = mcpOperationDuration('server', options.meter)
  // Created once, because the schemas of each request would never be freed.
  const served = tools.map((tool) =>
    servedTool(tool, { ops: options.ops, name: serverInfo.name, deadlineMs: options.deadlineMs, record }),
  )

  const createServer = async (context: McpRequestContext) => {
    const server = new McpServer(serverInfo, {
      ...serverOptions,
      capabilities: { ...serverOptions?.capabilities, tools: TOOLS_DO_NOT_CHANGE },
      ...(instructions !== undefined && { instructions }),
    })
    const caller = {
      tenant: context.authInfo!.clientId,
      protocolVersion: context.requestInfo?.headers.get('mcp-protocol-version') ?? undefined,
    }
    for (const { name, config, run } of served) server.registerTool(name, config, run(caller))
    await extend?.(server, context)
    return server
  }
  const limits = { ...(onError && { onerror: onError }), maxRequestBodySize: maxRequestBytes }
  const handler = createMcpHandler(createServer, limits)
  const serve = ({ body, unread }: ReadRequest, clientId: string, request: Request, response: Response) => {
    const authInfo = { token: '', clientId, scopes: [] }
    if (unread) return toNodeHandler({ fetch: (web) => handler.fetch(web, { authInfo }) }, limits)(unread, response)
    return serveParsed((web) => handler.fetch(web, { authInfo, parsedBody: body }), request, response)
  }
  const hosts = [...options.allowedHosts]
  const hasAllowedHost = hostHeaderValidation(hosts)
  const hasAllowedOrigin = originValidation(hosts)

  const router = express.Router()
  const answer = async (request: Request, response: Response) => {
    if (UNFETCHABLE.has(request.method)) {
      response.status(405).set('allow', 'GET, POST, DELETE').end()
      return
    }
    if (!NAME_AND_PORT.test(request.headers.host ?? '')) {
      refuse(response, 403, -32000, 'Invalid Host header')
      return
    }
    if (!ORIGIN.test(request.headers.origin ?? '')) {
      refuse(response, 403, -32000, 'Invalid Origin header')
      return
    }
    if (!hasAllowedHost(request, response) || !hasAllowedOrigin(request, response)) return
    const payer = await tenant(request)
    if (payer === undefined) {
      sendProblem(response, problemOf(new UnknownTenantError(undefined)))
      return
    }
    const handed = await readBody(request, maxRequestBytes)
    if (handed && Array.isArray(handed.body) && hasNoBatches(request)) {
      refuse(response, 400, -32600, 'Bad Request: protocol revisions since 2025-06-18 have no JSON-RPC batches')
      return
    }
    if (handed) await serve(handed, payer, request, response)
  }
  router.all(path, passingErrors(answer))
  return router
}

/** The SDK parses these headers as URLs, where user names may come before the host, and a path after it. */
const NAME_AND_PORT = /^[^\s/\\?#@]+$/
const ORIGIN = /^([a-z][\w+.-]*:\/\/[^\s/\\?#@]+|null)?$/i

/**
 * Up to revision 2025-03-26, which has no header, a body may be a list of requests. The SDK accepts lists of later
 * revisions too.
 */
const hasNoBatches = ({ headers }: Request) => String(headers['mcp-protocol-version'] ?? '') >= '2025-06-18'

/** Refuses a request in the same format as the SDK. */
function refuse(response: Response, status: number, code: number, message: string): void {
  response.status(status).json({ jsonrpc: '2.0', error: { code, message }, id: null })
}

/** A `Request` of fetch, which the SDK creates, throws for these methods. */
const UNFETCHABLE: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** @throws InvalidOptionError for a name that two tools have. */
function refuseDuplicateNames(tools: readonly Tool[]): void {
  const names = new Set<string>()
  for (const { name } of tools) {
    if (names.has(name)) throw new InvalidOptionError('tools', name, 'tools of different names')
    names.add(name)
  }
}
