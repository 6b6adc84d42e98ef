import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { ajv, ajvFormats } from '#on-demand'
import { PatternError } from '../pattern/index.ts'
import { type ReadSchema, readSchema } from './read-schema.ts'
import { SchemaError } from './schema-error.ts'
import { COUNTED, isNode, type Node, walkSchema } from './subschemas.ts'
import { referredBy } from './type-of.ts'
import { uniqueItems } from './unique-items.ts'
import { TooManyComparisonsError, WorkLimit } from './work-limit.ts'

/**
 * Checks schemas themselves. The schemas of tools are compiled by other instances, so that they can be garbage
 * collected.
 */
let dialect: Ajv2020 | undefined
const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
const ROOT = 'root'
const MAX_OPTIMIZED_PARTS = 200

/** A compiled JSON Schema. Its parts are compiled on first use. */
export class JsonSchemaCheck {
  /** The schema in draft 2020-12. */
  readonly schema: Node
  readonly hasDefaults: boolean
  readonly names: ReadonlySet<unknown>
  readonly #limit = new WorkLimit()
  readonly #read: ReadSchema
  readonly #ajv: Ajv2020
  readonly #check: ValidateFunction
  #first: ValidateFunction | undefined
  readonly #parts = new Map<object, ValidateFunction>()
  readonly #within = new Map<object, ReadonlySet<object>>()
  #pointers: ReadonlyMap<object, string> | undefined

  /** @throws SchemaError if a part of the schema cannot be used. */
  constructor(schema: Node, options = { canLeaveOut: false }) {
    const read = readSchema(schema, options)
    this.schema = read.schema
    this.hasDefaults = read.hasDefaults
    this.names = read.names
    checkDialect(read.schema)
    this.#read = read
    this.#ajv = compilerFor(read, this.#limit)
    this.#ajv.addSchema(read.schema, ROOT)
    this.#check = this.#compile('')
  }

  /** What follows is about this value, and may take so many comparisons. */
  begin(value: unknown): void {
    this.#limit.begin(value)
  }

  /** Whether the value fits, to the first complaint: that takes fewer comparisons. False where it takes too many as well. */
  accepts(value: unknown): boolean {
    this.begin(value)
    try {
      this.#first ??= compilerFor(this.#read, this.#limit, { allErrors: false }).compile(this.schema)
      return this.#first(value)
    } catch (error) {
      if (error instanceof TooManyComparisonsError) return false
      throw error
    }
  }

  /** Returns the errors of a value; undefined if it is valid. Fills defaults in place. */
  errorsOf(value: unknown): readonly ErrorObject[] | undefined {
    return this.#check(value) ? undefined : (this.#check.errors ?? [])
  }

  /** Returns the errors of a value by one part of the schema. */
  errorsByPart(part: object, value: unknown): readonly ErrorObject[] | undefined {
    let check = this.#parts.get(part)
    if (!check) {
      this.#pointers ??= pointersIn(this.schema)
      check = this.#compile(this.#pointers.get(part) ?? '')
      this.#parts.set(part, check)
    }
    return check(value) ? undefined : (check.errors ?? [])
  }

  /** Returns all schemas that are used when a value is checked against these branches. */
  schemasWithin(branches: readonly unknown[]): ReadonlySet<object> {
    const known = this.#within.get(branches)
    if (known) return known
    const found = new Set<object>()
    const add = (schema: unknown) => {
      if (!isNode(schema)) return
      walkSchema(schema, (node) => {
        if (found.has(node)) return
        found.add(node)
        if (typeof node['$ref'] === 'string') add(referredBy(node['$ref'], this.schema))
      })
    }
    for (const branch of branches) add(branch)
    this.#within.set(branches, found)
    return found
  }

  #compile(pointer: string): ValidateFunction {
    try {
      if (pointer === '') return this.#ajv.getSchema(ROOT)!
      return this.#ajv.compile({ $ref: `${ROOT}#${encodeURI(pointer)}` })
    } catch (error) {
      throw new SchemaError(pointer, `cannot be compiled: ${(error as Error).message}`)
    }
  }
}

/**
 * Creates a compiler per schema, so that schemas cannot refer to each other, and are garbage collected with their
 * compiler.
 */
function compilerFor(
  { schema, patterns, hasDefaults, parts }: ReadSchema,
  limit: WorkLimit,
  { allErrors } = { allErrors: true },
): Ajv2020 {
  const regExp = (source: string) => {
    const pattern = patterns.get(source)
    if (!pattern) throw new PatternError(`${source} is not known`)
    return { test: (text: string) => pattern.test(text), toString: () => `/${source}/` } as RegExp
  }
  const compiler = new (ajv().Ajv2020)({
    allErrors,
    strict: false,
    logger: false,
    verbose: true,
    meta: false,
    validateSchema: false,
    addUsedSchema: false,
    useDefaults: hasDefaults,
    // 19.99 is a multiple of 0.01, but not in floating point.
    multipleOfPrecision: 6,
    // The optimizer takes the square of the time.
    code: { regExp: Object.assign(regExp, { code: 'new RegExp' }), optimize: parts <= MAX_OPTIMIZED_PARTS },
  })
  // Where nothing asks what was evaluated, the first branch of a union that fits is enough.
  compiler.opts.unevaluated = hasUnevaluated(schema)
  const count = () => {
    limit.count()
    return true
  }
  compiler.addKeyword({ keyword: COUNTED, schema: false, errors: false, validate: count })
  compiler.removeKeyword(uniqueItems.keyword as string).addKeyword(uniqueItems)
  ajvFormats().default(compiler)
  // The pattern of ajv-formats blocks for seconds on 20,000 characters.
  compiler.addFormat('url', isUrl)
  return compiler
}

function hasUnevaluated(schema: Node): boolean {
  let has = false
  walkSchema(schema, (node) => {
    has ||= 'unevaluatedProperties' in node || 'unevaluatedItems' in node
  })
  return has
}

function isUrl(text: string): boolean {
  return /^(?:https?|ftp):\/\/\S+$/i.test(text) && URL.canParse(text)
}

function checkDialect(schema: Node): void {
  dialect ??= new (ajv().Ajv2020)({ allErrors: true, strict: false, logger: false, validateFormats: false })
  if (dialect.validate(DIALECT, schema)) return
  // The deepest error is the most precise. Those above it only repeat it.
  const errors = [...(dialect.errors ?? [])]
  const { instancePath, message, params } = errors.reduce((best, error) =>
    error.instancePath.length > best.instancePath.length ? error : best,
  )
  const choices = Array.isArray(params['allowedValues']) ? `: ${params['allowedValues'].join(', ')}` : ''
  throw new SchemaError(instancePath, `${message}${choices}`)
}

function pointersIn(schema: Node): ReadonlyMap<object, string> {
  const pointers = new Map<object, string>()
  walkSchema(schema, (node, pointer) => {
    if (!pointers.has(node)) pointers.set(node, pointer)
  })
  return pointers
}
