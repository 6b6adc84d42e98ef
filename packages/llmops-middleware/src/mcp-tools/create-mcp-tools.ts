import { checkOptions, checkValue } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { compileSchema } from '../repair/index.ts'
import type { Tool, ToolEffect, ToolFactory } from '../tool/index.ts'
import { Catalog, type Listed, listedOnce } from './catalog.ts'
import { listDefinitions } from './list-definitions.ts'
import { type ClientRequests, MCP_CLIENT, type McpClient, requestsOf, serverOf } from './mcp-client.ts'
import { type McpNotice, tell } from './mcp-notice.ts'
import { type McpRefusalReason, McpToolRefusedError } from './mcp-tool-refused-error.ts'
import { MCP_TOOLS_OPTIONS, type McpToolsOptions } from './mcp-tools-options.ts'
import { measured } from './measured-requests.ts'
import { type Pins, readPins } from './pins.ts'
import { servedToolRun } from './served-tool-run.ts'
import type { ToolDefinition } from './tool-definition.ts'
import { nameForModels } from './tool-name.ts'
import { schemaWithVisibleTexts, visibleText } from './tool-text.ts'
import type { McpToolValue } from './tool-value.ts'

/**
 * Makes tools of those of an MCP server: validated, repaired, bounded, paid and watched as your own are. What the server
 * says of them is not trusted. Each tool that `allow` names is in the list; one that is refused says so in place of its
 * description, and its calls throw.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @throws what the client throws when it cannot list the tools.
 */
export type McpToolsFactory = (client: McpClient, options?: McpToolsOptions) => Promise<Tool<McpToolValue>[]>

const TIMEOUT_MS = 30_000
const MAX_DESCRIPTION_CHARS = 2000

/** Makes `ops.mcpTools`. */
export function createMcpTools(makeTool: ToolFactory): McpToolsFactory {
  return async (client, options = {}) => {
    checkValue(client, MCP_CLIENT, 'client')
    checkOptions(options, MCP_TOOLS_OPTIONS)
    const { timeoutMs = TIMEOUT_MS, signal, pins: path } = options
    const requests = measured(requestsOf(client), options.meter)
    const listed = listedOnce(await listDefinitions(requests, { signal, timeout: timeoutMs }))
    refuseUnknownNames(listed, options)
    const wanted = listed.filter(({ definition }) => options.allow?.includes(definition.name) ?? true)
    refuseTwins(wanted, options.prefix ?? '')

    const catalog = Catalog.of(client)
    const hashes = new Map(listed.map(({ definition, hash }) => [definition.name, hash]))
    const pins = path === undefined ? undefined : await readPins(path, usable(hashes))
    if (catalog.hasBegun && !pins) tellChanges(catalog, hashes, options)
    catalog.hashes = hashes
    catalog.hasBegun = true

    const server = new ServedTools(makeTool, client, requests, options)
    return wanted.map((each) => server.toolOf(each, refusalOf(each, pins, path)))
  }
}

/** Makes the tools of one server. */
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
      const message = `'${name}' of the MCP server is refused: ${(error as Error).message}`
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
        throw changedMeanwhile(definition.name)
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

  /** A schema of results that cannot be used does not make the tool useless. */
  #outputOf({ name, outputSchema }: ToolDefinition) {
    if (!outputSchema) return undefined
    try {
      compileSchema(outputSchema, 'outputSchema')
      return outputSchema
    } catch (error) {
      const message = `The results of '${name}' of the MCP server are not checked: ${(error as Error).message}`
      this.#tell({ tool: name, kind: 'output', isRefused: false, message })
      return undefined
    }
  }

  /** In place of a tool: it has nothing of what its server says. */
  #refused({ name }: ToolDefinition, refusal: McpToolRefusedError): Tool<McpToolValue> {
    this.#tell({ tool: name, kind: refusal.reason, isRefused: true, message: refusal.message })
    return this.#makeTool({
      name: nameForModels(this.#options.prefix ?? '', name),
      description: 'Refused: what its server says of it was not accepted. Do not call it.',
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

/** What `ops.tool` takes as it is. */
function sharedOptions({ maxConcurrent, maxResultBytes, maxCalls, maxRepeats, repair }: McpToolsOptions) {
  return {
    ...(maxConcurrent !== undefined && { maxConcurrent }),
    ...(maxResultBytes !== undefined && { maxResultBytes }),
    ...(maxCalls !== undefined && { maxCalls }),
    ...(maxRepeats !== undefined && { maxRepeats }),
    ...(repair !== undefined && { repair }),
  }
}

/** APIs of models want both members, which servers may leave out. @throws Error where arguments would be no object. */
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
    new McpToolRefusedError(name, reason, `'${name}' of the MCP server ${said}`)
  if (isAmbiguous) return refuse('unusable', 'is refused: the server lists different tools by that name.')
  if (hash === undefined) return refuse('unusable', 'is refused: its definition is too large, or too deep.')
  if (!pins || pins.get(name) === hash) return undefined
  const accept = `To accept it as it is now, write ${JSON.stringify(name)}: "${hash}" into ${path}.`
  if (pins.has(name)) return refuse('changed', `says of itself what was not accepted, and is refused. ${accept}`)
  return refuse('new', `came after the others were accepted, and is refused. ${accept}`)
}

function changedMeanwhile(name: string): McpToolRefusedError {
  const said = `'${name}' of the MCP server has changed what it says of itself since this tool was made of it, and is refused.`
  return new McpToolRefusedError(
    name,
    'changed',
    `${said} Make the tools again: \`ops.mcpTools\` says how to accept it.`,
  )
}

function tellChanges(before: Catalog, now: Catalog['hashes'], { onNotice, allow }: McpToolsOptions): void {
  const isWanted = (tool: string) => allow?.includes(tool) ?? true
  const say = (tool: string, kind: McpNotice['kind'], message: string) =>
    tell(onNotice, { tool, kind, isRefused: false, message })
  for (const [tool, hash] of now) {
    if (!isWanted(tool)) continue
    if (!before.hashes.has(tool)) say(tool, 'new', `The MCP server has a tool more: '${tool}'.`)
    else if (before.hashes.get(tool) !== hash) {
      say(tool, 'changed', `'${tool}' of the MCP server has changed what it says of itself. \`pins\` would refuse it.`)
    }
  }
  for (const tool of before.hashes.keys()) {
    if (!now.has(tool) && isWanted(tool)) say(tool, 'gone', `The MCP server no longer has '${tool}'.`)
  }
}

function usable(hashes: Catalog['hashes']): Pins {
  return new Map([...hashes].filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** @throws InvalidOptionError for a name that the server does not have: it would silently mean nothing. */
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
    const problem = `must be ${accepted}, which '${name}' is not; it lists ${names.slice(0, 20).join(', ') || 'none'}`
    throw new InvalidOptionError(
      option,
      name,
      accepted,
      meant === undefined ? undefined : `Did you mean '${meant}'?`,
      problem,
    )
  }
}

/** @throws InvalidOptionError for two tools that would have one name: a model could call one of them only. */
function refuseTwins(wanted: readonly Listed[], prefix: string): void {
  const byName = new Map<string, string>()
  for (const { definition } of wanted) {
    const name = nameForModels(prefix, definition.name)
    const other = byName.get(name)
    if (other !== undefined) {
      const accepted = 'tools whose names models can tell apart'
      const problem = `must be ${accepted}: '${other}' and '${definition.name}' of the server are both '${name}'`
      throw new InvalidOptionError('allow', definition.name, accepted, 'Name one of them only.', problem)
    }
    byName.set(name, definition.name)
  }
}
