import { parseDuration } from '../clock/duration.ts'
import type { Expression } from '../expression/ast.ts'
import { COMPARISONS } from './condition.ts'
import type { Action, ActionStatus, Actions, RequestTrigger, SecuredPart, WorkflowDefinition } from './definition.ts'
import { REFERENCE_FUNCTIONS } from './evaluate.ts'
import { FUNCTIONS } from './functions.ts'
import { readRetryPolicy } from './retry-policy.ts'
import { expressionsOf, parseTemplate } from './template.ts'
import { WorkflowDefinitionError } from './workflow-definition-error.ts'

type Json = Readonly<Record<string, unknown>>

const ACTION_TYPES = ['Http', 'If', 'Until', 'Scope', 'Compose', 'Wait', 'Terminate'] as const
const STATUSES: readonly string[] = ['Succeeded', 'Failed', 'TimedOut', 'Skipped'] satisfies ActionStatus[]

// Limits of the service: learn.microsoft.com/azure/logic-apps/logic-apps-limits-and-configuration
const DEFAULT_WAITING_RUNS = 10
const DEFAULT_UNTIL = { count: 60, timeout: 'PT1H' }

/** Reads a whole definition before anything runs. Throws a `WorkflowDefinitionError` for anything unsupported. */
export function readDefinition(source: unknown, name: string): WorkflowDefinition {
  const reader = new DefinitionReader(source as Json, name)
  return reader.read()
}

class DefinitionReader {
  readonly #source: Json
  readonly #name: string
  readonly #actionNames = new Set<string>()

  constructor(source: Json, name: string) {
    this.#source = source
    this.#name = name
  }

  read(): WorkflowDefinition {
    const place = this.#name
    allow(this.#source, ['$schema', 'contentVersion', 'parameters', 'triggers', 'actions', 'outputs'], place)
    const triggers = Object.entries((this.#source['triggers'] ?? {}) as Json)
    if (triggers.length !== 1) fail(`a workflow has exactly one trigger here, not ${triggers.length}`, place)
    const actions = (this.#source['actions'] ?? {}) as Json
    this.#collectNames(actions)
    const [[name, trigger]] = triggers as [[string, Json]]
    return {
      parameters: (this.#source['parameters'] ?? {}) as WorkflowDefinition['parameters'],
      trigger: readTrigger(name, trigger, `${place}.triggers.${name}`),
      actions: this.#actions(actions, `${place}.actions`),
    }
  }

  #collectNames(actions: Json): void {
    for (const [name, action] of Object.entries(actions) as [string, Json][]) {
      if (this.#actionNames.has(name)) fail(`two actions have the name ${name}`, this.#name)
      this.#actionNames.add(name)
      this.#collectNames((action['actions'] ?? {}) as Json)
      this.#collectNames(((action['else'] as Json | undefined)?.['actions'] ?? {}) as Json)
    }
  }

  #actions(actions: Json, place: string): Actions {
    const read = Object.entries(actions).map(([name, action]) => {
      const at = `${place}.${name}`
      const result = this.#action(action as Json, at)
      for (const before of Object.keys(result.runAfter)) {
        if (!(before in actions)) fail(`runAfter names ${before}, which is not an action of the same list`, at)
      }
      return [name, result] as const
    })
    return Object.fromEntries(read)
  }

  #action(action: Json, place: string): Action {
    const common = { runAfter: readRunAfter(action['runAfter'], place), secured: readSecured(action, place) }
    const fields = ['type', 'description', 'runAfter', 'runtimeConfiguration']
    const type = oneOf(action['type'], ACTION_TYPES, `${place}.type`)
    switch (type) {
      case 'Http': {
        allow(action, [...fields, 'inputs', 'operationOptions'], place)
        this.#checkHttp(action['inputs'] as Json, `${place}.inputs`)
        const options = oneOf(
          action['operationOptions'] ?? '',
          ['', 'DisableAsyncPattern'],
          `${place}.operationOptions`,
        )
        return { ...common, type, inputs: action['inputs'], followsLocation: options === '' }
      }
      case 'If': {
        allow(action, [...fields, 'expression', 'actions', 'else'], place)
        this.#checkCondition(action['expression'], `${place}.expression`)
        const otherwise = ((action['else'] as Json | undefined)?.['actions'] ?? {}) as Json
        return {
          ...common,
          type,
          expression: action['expression'],
          actions: this.#actions((action['actions'] ?? {}) as Json, `${place}.actions`),
          otherwise: this.#actions(otherwise, `${place}.else.actions`),
        }
      }
      case 'Until': {
        allow(action, [...fields, 'expression', 'limit', 'actions'], place)
        this.#checkExpressions(action['expression'], `${place}.expression`)
        const limit = { ...DEFAULT_UNTIL, ...(action['limit'] as object | undefined) }
        return {
          ...common,
          type,
          expression: action['expression'] as string,
          limit: { count: limit.count, timeoutMs: duration(limit.timeout, `${place}.limit.timeout`) },
          actions: this.#actions(action['actions'] as Json, `${place}.actions`),
        }
      }
      case 'Scope':
        allow(action, [...fields, 'actions'], place)
        return { ...common, type, actions: this.#actions(action['actions'] as Json, `${place}.actions`) }
      case 'Compose':
      case 'Wait':
      case 'Terminate':
        allow(action, [...fields, 'inputs'], place)
        this.#checkExpressions(action['inputs'], `${place}.inputs`)
        return { ...common, type, inputs: action['inputs'] }
    }
  }

  #checkHttp(inputs: Json, place: string): void {
    allow(inputs, ['method', 'uri', 'headers', 'queries', 'body', 'authentication', 'retryPolicy'], place)
    const authentication = inputs['authentication'] as Json | undefined
    if (authentication !== undefined) {
      allow(authentication, ['type', 'audience'], `${place}.authentication`)
      oneOf(authentication['type'], ['ManagedServiceIdentity'], `${place}.authentication.type`)
    }
    readRetryPolicy(inputs['retryPolicy'], `${place}.retryPolicy`)
    this.#checkExpressions(inputs, place)
  }

  #checkCondition(condition: unknown, place: string): void {
    if (typeof condition === 'string') {
      this.#checkExpressions(condition, place)
      return
    }
    const entries = Object.entries((condition ?? {}) as Json)
    if (entries.length !== 1) fail('a condition is one expression or one comparison', place)
    const [[operator, operand]] = entries as [[string, unknown]]
    const at = `${place}.${operator}`
    if (operator === 'not') {
      this.#checkCondition(operand, at)
      return
    }
    const operands = Array.isArray(operand) ? operand : fail('a list was expected', at)
    if (operator === 'and' || operator === 'or') {
      for (const [index, part] of operands.entries()) this.#checkCondition(part, `${at}[${index}]`)
      return
    }
    oneOf(operator, COMPARISONS, place)
    if (operands.length !== 2) fail('a comparison has two sides', at)
    this.#checkExpressions(operands, at)
  }

  #checkExpressions(value: unknown, place: string): void {
    if (typeof value === 'string') {
      for (const expression of parsed(value, place)) this.#checkExpression(expression, place)
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) this.#checkExpressions(item, `${place}.${key}`)
    }
  }

  #checkExpression(expression: Expression, place: string): void {
    if (expression.kind === 'literal') return
    if (expression.kind === 'member') {
      this.#checkExpression(expression.of, place)
      this.#checkExpression(expression.key, place)
      return
    }
    for (const argument of expression.args) this.#checkExpression(argument, place)
    this.#checkCall(expression.name, expression.args, place)
  }

  #checkCall(name: string, args: readonly Expression[], place: string): void {
    if ((REFERENCE_FUNCTIONS as readonly string[]).includes(name)) {
      this.#checkReference(name, args, place)
      return
    }
    const known = FUNCTIONS[name] ?? fail(`the function ${name} is not known here`, place)
    const [minimum, maximum] = known.arity
    if (args.length < minimum || args.length > maximum) fail(`${name} does not take ${args.length} arguments`, place)
  }

  #checkReference(name: string, args: readonly Expression[], place: string): void {
    if (name.startsWith('trigger')) return
    const [target] = args
    if (args.length !== 1 || target?.kind !== 'literal') fail(`${name} takes one name`, place)
    const referred = String((target as { value: unknown }).value)
    const known = name === 'parameters' ? referred in ((this.#source['parameters'] ?? {}) as Json) : undefined
    if (known ?? this.#actionNames.has(referred)) return
    fail(`${name}('${referred}') refers to nothing`, place)
  }
}

function readTrigger(name: string, trigger: Json, place: string): RequestTrigger {
  allow(trigger, ['type', 'kind', 'description', 'inputs', 'operationOptions', 'runtimeConfiguration'], place)
  oneOf(trigger['type'], ['Request'], `${place}.type`)
  const options = oneOf(trigger['operationOptions'] ?? '', ['', 'EnableSchemaValidation'], `${place}.operationOptions`)
  const configuration = (trigger['runtimeConfiguration'] ?? {}) as Json
  allow(configuration, ['concurrency', 'secureData'], `${place}.runtimeConfiguration`)
  const concurrency = configuration['concurrency'] as { runs?: number; maximumWaitingRuns?: number } | undefined
  const schema = (trigger['inputs'] as { schema?: object } | undefined)?.schema
  return {
    name,
    ...(schema === undefined ? {} : { schema }),
    validatesSchema: options === 'EnableSchemaValidation',
    concurrentRuns: concurrency?.runs ?? Number.POSITIVE_INFINITY,
    waitingRuns: concurrency?.maximumWaitingRuns ?? DEFAULT_WAITING_RUNS,
    secured: readSecured(trigger, place),
  }
}

function readSecured(owner: Json, place: string): readonly SecuredPart[] {
  const configuration = (owner['runtimeConfiguration'] ?? {}) as Json
  allow(configuration, ['concurrency', 'secureData'], `${place}.runtimeConfiguration`)
  const parts = ((configuration['secureData'] as Json | undefined)?.['properties'] ?? []) as string[]
  return parts.map((part) => oneOf(part, ['inputs', 'outputs'], `${place}.runtimeConfiguration.secureData`))
}

function readRunAfter(runAfter: unknown, place: string): Record<string, readonly ActionStatus[]> {
  const read = Object.entries((runAfter ?? {}) as Record<string, string[]>).map(([name, accepted]) => {
    for (const status of accepted) oneOf(status, STATUSES, `${place}.runAfter.${name}`)
    return [name, accepted as ActionStatus[]] as const
  })
  return Object.fromEntries(read)
}

function parsed(text: string, place: string): readonly Expression[] {
  try {
    return expressionsOf(parseTemplate(text))
  } catch (cause) {
    throw new WorkflowDefinitionError((cause as Error).message, place, { cause })
  }
}

function duration(value: unknown, place: string): number {
  return parseDuration(String(value)) ?? fail(`${JSON.stringify(value)} is not a duration such as PT5M`, place)
}

function oneOf<const T extends string>(value: unknown, accepted: readonly T[], place: string): T {
  if (accepted.includes(value as T)) return value as T
  return fail(`${JSON.stringify(value)} is not known here; known are ${accepted.filter(Boolean).join(', ')}`, place)
}

function allow(value: Json, known: readonly string[], place: string): void {
  for (const key of Object.keys(value)) if (!known.includes(key)) fail(`the field ${key} is not known here`, place)
}

function fail(message: string, place: string): never {
  throw new WorkflowDefinitionError(message, place)
}
