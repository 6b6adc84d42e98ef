import { checkOptions, checkValue } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { compileSchema } from '../repair/index.ts'
import type { Tool, ToolEffect, ToolFactory } from '../tool/index.ts'
import { onChangedTools, oneAtATime } from './announced-changes.ts'
import { Catalog, type Listed, listedOnce } from './catalog.ts'
import { withShortErrors } from './error-text.ts'
import { listDefinitions } from './list-definitions.ts'
import {
  type ClientRequests,
  MCP_CLIENT,
  type McpClient,
  type RequestLimits,
  requestsOf,
  serverOf,
} from './mcp-client.ts'
import { type McpNotice, tell } from './mcp-notice.ts'
import { type McpRefusalReason, McpToolRefusedError } from './mcp-tool-refused-error.ts'
import { MCP_TOOLS_OPTIONS, type McpToolsOptions } from './mcp-tools-options.ts'
import { measured } from './measured-requests.ts'
import { type Pins, readPins } from './pins.ts'
import { servedToolRun } from './served-tool-run.ts'
import type { ToolDefinition } from './tool-definition.ts'
import { nameForModels } from './tool-name.ts'
import { quoted, schemaWithVisibleTexts, visibleName, visibleText } from './tool-text.ts'
import type { McpToolValue } from './tool-value.ts'

/**
 * Creates tools from those of an MCP server, with validation, repair, limits, costs and telemetry like your own tools.
 * The definitions of the server are not trusted. The list has each tool that `allow` names. The description of a
 * refused tool says that it is refused, and its calls throw.
 *
 * @throws InvalidOptionError if an option is invalid.
 * @throws the error of the client if it cannot list the tools.
 */
export type McpToolsFactory = (client: McpClient, options?: McpToolsOptions) => Promise<Tool<McpToolValue>[]>

const TIMEOUT_MS = 30_000
const MAX_DESCRIPTION_CHARS = 2000

/** Creates `ops.mcpTools`. */
export function createMcpTools(makeTool: ToolFactory): McpToolsFactory {
  return async (client, options = {}) => {
    checkValue(client, MCP_CLIENT, 'client')
    checkOptions(options, MCP_TOOLS_OPTIONS)
    const { timeoutMs = TIMEOUT_MS, signal, pins: path } = options
    const limits = { signal, timeout: timeoutMs }
    const requests = measured(withShortErrors(requestsOf(client)), options.meter)
    const catalog = Catalog.of(client)
    // Before the list is read, so that no change after it is missed.
    await watch(client, catalog, limits)
    const listed = listedOnce(await listDefinitions(requests, limits))
    refuseUnknownNames(listed, options)
    const wanted = listed.filter(({ definition }) => options.allow?.includes(definition.name) ?? true)
    refuseDuplicateNames(wanted, options.prefix ?? '')

    const hashes = hashesOf(listed)
    const pins = path === undefined ? undefined : await readPins(path, usable(hashes))
    if (catalog.hasBegun && !pins) reportChanges(catalog, hashes, options)
    catalog.hashes = hashes
    catalog.hasBegun = true
    catalog.refresh = async () => {
      // The server may be gone by now. Then calls fail too.
      const announced = await listDefinitions(requests, limits).then(listedOnce, () => undefined)
      if (!announced) return
      const now = hashesOf(announced)
      reportChanges(catalog, now, options)
      catalog.hashes = now
    }

    const server = new ServedTools(makeTool, client, requests, options)
    return wanted.map((each) => server.toolOf(each, refusalOf(each, pins, path)))
  }
}

/** Listens for announcements of the server, once for each client. */
async function watch(client: McpClient, catalog: Catalog, limits: RequestLimits): Promise<void> {
  if (catalog.isWatched) return
  catalog.isWatched = true
  const readAgain = oneAtATime(() => catalog.refresh())
  await onChangedTools(client, limits, readAgain)
}

/** Creates the tools of one server. */
class ServedTools {
  readonly #makeTool: ToolFactory
  readonly #client: McpClient
  readonly #requests: ClientRequests
  readonly #options: McpToolsOptions

  constructor(makeTool: ToolFactory, client: McpClient, requests: ClientRequests, options: McpToolsOptions) {
    this.#makeTool = makeTool
    this.#client = client
    this.#requests = requests
    this.#options = options
  }

  toolOf(listed: Listed, refusal: McpToolRefusedError | undefined): Tool<McpToolValue> {
    if (refusal) return this.#refused(listed.definition, refusal)
    try {
      return this.#served(listed)
    } catch (error) {
      const { name } = listed.definition
      const message = `${quoted(name)} of the MCP server is refused: ${(error as Error).message}`
      return this.#refused(listed.definition, new McpToolRefusedError(name, 'unusable', message))
    }
  }

  #served({ definition, hash }: Listed): Tool<McpToolValue> {
    const { prefix = '', timeoutMs = TIMEOUT_MS, media = 'describe', repair, pins, costs = {} } = this.#options
    const { maxDescriptionChars = MAX_DESCRIPTION_CHARS } = this.#options
    const name = nameForModels(prefix, definition.name)
    const effect = effectOf(definition, this.#options)
    const costUsd = Object.hasOwn(costs, definition.name) ? costs[definition.name] : this.#options.costUsd
    const output = this.#outputOf(definition)
    const catalog = Catalog.of(this.#client)
    const refuse = () => {
      const now = catalog.hashes
      if (pins !== undefined && now.has(definition.name) && now.get(definition.name) !== hash) {
        throw changedSince(definition.name)
      }
    }
    const description = visibleText(definition.description || definition.title || definition.name, maxDescriptionChars)
    return this.#makeTool(
      {
        ...sharedOptions(this.#options),
        name,
        description: description || name,
        parameters: schemaWithVisibleTexts(parametersOf(definition), maxDescriptionChars),
        effect,
        timeoutMs,
        ...(output && { output }),
        ...(costUsd !== undefined && { costUsd }),
        run: servedToolRun({
          requests: this.#requests,
          definition,
          name,
          effect,
          timeoutMs,
          media,
          hasOutput: output !== undefined,
          canAsk: repair?.askModel !== undefined,
          refuse,
        }),
      },
      serverOf(this.#client),
    )
  }

  /** A tool whose output schema is invalid can still be used, without a check of its results. */
  #outputOf({ name, outputSchema }: ToolDefinition) {
    if (!outputSchema) return undefined
    try {
      compileSchema(outputSchema, 'outputSchema')
      return outputSchema
    } catch (error) {
      const message = `The results of ${quoted(name)} of the MCP server are not checked: ${(error as Error).message}`
      this.#tell({ tool: name, kind: 'output', isRefused: false, message })
      return undefined
    }
  }

  /** Creates a placeholder for a refused tool. It contains nothing from the server. */
  #refused({ name }: ToolDefinition, refusal: McpToolRefusedError): Tool<McpToolValue> {
    this.#tell({ tool: name, kind: refusal.reason, isRefused: true, message: refusal.message })
    return this.#makeTool({
      name: nameForModels(this.#options.prefix ?? '', name),
      description: 'Refused: its definition was not accepted. Do not call it.',
      parameters: { type: 'object', properties: {} },
      effect: 'read',
      run: () => {
        throw refusal
      },
    })
  }

  #tell(notice: McpNotice): void {
    tell(this.#options.onNotice, notice)
  }
}

/** The options that are passed on to `ops.tool` unchanged. */
function sharedOptions({ maxConcurrent, maxResultBytes, maxCalls, maxRepeats, repair }: McpToolsOptions) {
  return {
    ...(maxConcurrent !== undefined && { maxConcurrent }),
    ...(maxResultBytes !== undefined && { maxResultBytes }),
    ...(maxCalls !== undefined && { maxCalls }),
    ...(maxRepeats !== undefined && { maxRepeats }),
    ...(repair !== undefined && { repair }),
  }
}

/**
 * Adds `type` and `properties`, which model APIs require and servers may leave out. @throws Error if the arguments are
 * not an object.
 */
function parametersOf({ inputSchema }: ToolDefinition) {
  const { type = 'object' } = inputSchema
  if (![type].flat().includes('object'))
    throw new Error(`the arguments in its schema are of type ${JSON.stringify(type)}.`)
  return { ...inputSchema, type: 'object', properties: inputSchema.properties ?? {} }
}

function effectOf(
  { name, annotations }: ToolDefinition,
  { effects = {}, trustAnnotations }: McpToolsOptions,
): ToolEffect {
  if (Object.hasOwn(effects, name)) return effects[name]!
  if (trustAnnotations && annotations.readOnlyHint === true) return 'read'
  return trustAnnotations && annotations.idempotentHint === true ? 'idempotent' : 'effect'
}

function refusalOf(
  { definition: { name }, hash, isAmbiguous }: Listed,
  pins: Pins | undefined,
  path: string | undefined,
): McpToolRefusedError | undefined {
  const refuse = (reason: McpRefusalReason, said: string) =>
    new McpToolRefusedError(name, reason, `${quoted(name)} of the MCP server ${said}`)
  if (isAmbiguous) return refuse('unusable', 'is refused: the server lists different tools with that name.')
  if (hash === undefined) return refuse('unusable', 'is refused: its definition is too large, or nested too deeply.')
  if (!pins || pins.get(name) === hash) return undefined
  const accept = `To accept its current definition, write ${JSON.stringify(name)}: "${hash}" into ${path}.`
  if (pins.has(name))
    return refuse('changed', `has another definition than the accepted one, and is refused. ${accept}`)
  return refuse('new', `was added after the others were accepted, and is refused. ${accept}`)
}

function changedSince(name: string): McpToolRefusedError {
  const said = `The definition of ${quoted(name)} of the MCP server has changed since this tool was created, and it is refused.`
  return new McpToolRefusedError(
    name,
    'changed',
    `${said} Call \`ops.mcpTools\` again: its notice says how to accept the definition.`,
  )
}

function reportChanges(before: Catalog, now: Catalog['hashes'], { onNotice, allow, pins }: McpToolsOptions): void {
  const isWanted = (tool: string) => allow?.includes(tool) ?? true
  const hasPins = pins !== undefined
  const say = (tool: string, kind: McpNotice['kind'], message: string) =>
    tell(onNotice, { tool, kind, isRefused: hasPins && kind === 'changed', message })
  for (const [tool, hash] of now) {
    if (!isWanted(tool)) continue
    if (!before.hashes.has(tool)) say(tool, 'new', `The MCP server has a new tool: ${quoted(tool)}.`)
    else if (before.hashes.get(tool) !== hash) {
      say(
        tool,
        'changed',
        hasPins
          ? changedSince(tool).message
          : `The definition of ${quoted(tool)} of the MCP server has changed. With \`pins\` it would be refused.`,
      )
    }
  }
  for (const tool of before.hashes.keys()) {
    if (!now.has(tool) && isWanted(tool)) say(tool, 'gone', `The MCP server no longer has ${quoted(tool)}.`)
  }
}

function hashesOf(listed: readonly Listed[]): Catalog['hashes'] {
  return new Map(listed.map(({ definition, hash, isAmbiguous }) => [definition.name, isAmbiguous ? undefined : hash]))
}

function usable(hashes: Catalog['hashes']): Pins {
  return new Map([...hashes].filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** @throws InvalidOptionError for a name that the server does not have, which would have no effect. */
function refuseUnknownNames(
  listed: readonly Listed[],
  { allow = [], effects = {}, costs = {} }: McpToolsOptions,
): void {
  const names = listed.map(({ definition }) => definition.name)
  const given = [
    ...allow.map((name, index) => [`allow[${index}]`, name] as const),
    ...Object.keys(effects).map((name) => [`effects['${name}']`, name] as const),
    ...Object.keys(costs).map((name) => [`costs['${name}']`, name] as const),
  ]
  for (const [option, name] of given) {
    if (names.includes(name)) continue
    const meant = nearest(name, names)
    const accepted = 'the name of a tool that the server lists'
    const problem = `must be ${accepted}, which '${name}' is not; it lists ${names.slice(0, 20).map(visibleName).join(', ') || 'none'}`
    throw new InvalidOptionError(
      option,
      name,
      accepted,
      meant === undefined ? undefined : `Did you mean '${meant}'?`,
      problem,
    )
  }
}

/** @throws InvalidOptionError if two tools would have the same name, because a model could call only one of them. */
function refuseDuplicateNames(wanted: readonly Listed[], prefix: string): void {
  const byName = new Map<string, string>()
  for (const { definition } of wanted) {
    const name = nameForModels(prefix, definition.name)
    const other = byName.get(name)
    if (other !== undefined) {
      const accepted = 'tools whose names models can tell apart'
      const problem = `must be ${accepted}: ${quoted(other)} and ${quoted(definition.name)} of the server are both '${name}'`
      throw new InvalidOptionError('allow', definition.name, accepted, 'Name one of them only.', problem)
    }
    byName.set(name, definition.name)
  }
}
