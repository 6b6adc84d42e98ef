import type { ErrorObject } from 'ajv/dist/2020.js'
import { nearest } from '../../nearest.ts'
import { copyPlain } from '../copy-plain.ts'
import { pointerTo } from '../pointer.ts'
import type { SchemaIssue } from '../schema.ts'
import type { JsonSchemaCheck } from './json-schema-check.ts'
import { constantsOf, pickedBranches } from './picked-branches.ts'
import { isNode, type Node } from './subschemas.ts'

/** Further issues help neither people nor models. */
const MAX_ISSUES = 50
/** Of a union with more branches, only those are explained whose constants the value has. */
const MAX_BRANCHES = 50
/** Nested unions are explained to this depth. */
const MAX_DEPTH = 4

/** Converts errors to issues that say what to write. For a union, the issues of the nearest branch. */
export function explainErrors(
  check: JsonSchemaCheck,
  errors: readonly ErrorObject[],
  depth = 0,
): readonly SchemaIssue[] {
  const issues = ownErrors(check, errors).flatMap((error) =>
    isUnion(error) && depth < MAX_DEPTH ? explainUnion(check, error, depth) : [issueOf(error)],
  )
  const seen = new Set<string>()
  return issues
    .filter(({ path, message }) => !seen.has(`${path} ${message}`) && seen.add(`${path} ${message}`))
    .slice(0, MAX_ISSUES)
}

export function isUnion({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf'
}

/** Returns the branches of a union whose error this is. */
export function branchesOf({ keyword, parentSchema }: ErrorObject): readonly Node[] {
  return ((parentSchema?.[keyword] ?? []) as unknown[]).filter(isNode)
}

/** Removes the errors of single branches of a union: the error of the union covers them. */
export function ownErrors(check: JsonSchemaCheck, errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = Map.groupBy(errors.filter(isUnion), ({ instancePath }) => instancePath)
  if (unions.size === 0) return errors
  return errors.filter(
    (error) =>
      !pathsAround(error.instancePath).some((path) =>
        unions
          .get(path)
          ?.some(
            (union) => union !== error && check.schemasWithin(branchesIn(union)).has(error.parentSchema as object),
          ),
      ),
  )
}

/** A pointer, and those to all that it is in. */
function pathsAround(pointer: string): readonly string[] {
  const paths = [pointer]
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    paths.push(pointer.slice(0, end))
    if (end === 0) break
  }
  return paths
}

/** Returns the list of the schema itself, because it is the key of a cache. */
function branchesIn({ keyword, parentSchema }: ErrorObject): readonly unknown[] {
  return (parentSchema?.[keyword] ?? []) as readonly unknown[]
}

export function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`)
}

function explainUnion(check: JsonSchemaCheck, union: ErrorObject, depth: number): readonly SchemaIssue[] {
  const { instancePath, data, params } = union
  if (Array.isArray(params['passingSchemas'])) {
    return [{ path: instancePath, message: 'fits more than one of its allowed forms, and must fit exactly one' }]
  }
  const all = branchesOf(union)
  // Each branch that is explained is compiled, which takes milliseconds.
  const explained = all.length > MAX_BRANCHES ? pickedBranches(all, data, check.schema) : all
  if (all.length > MAX_BRANCHES && (explained.length === 0 || explained.length > MAX_BRANCHES)) {
    return [choiceAmong(all, check, union)]
  }
  const branches = explained.map((branch) => check.errorsByPart(branch, copyPlain(data)) ?? [])
  const types = branches.map((errors) =>
    errors.find(({ instancePath, keyword }) => instancePath === '' && keyword === 'type'),
  )
  if (branches.length > 0 && types.every((error) => error !== undefined)) {
    const names = [...new Set(types.flatMap((error) => error.params['type'] as string | string[]))]
    return [{ path: instancePath, message: `must be ${names.join(' or ')}` }]
  }
  const choices = choicesAmong(branches)
  if (choices) {
    return [{ path: `${instancePath}${choices.path}`, message: `must be one of ${short(choices.values)}` }]
  }
  const [best] = branches.toSorted((one, other) => distanceOf(one) - distanceOf(other))
  if (!best) return [issueOf(union)]
  return explainErrors(check, best, depth + 1).map(({ path, message }) => ({ path: `${instancePath}${path}`, message }))
}

function choiceAmong(branches: readonly Node[], { schema }: JsonSchemaCheck, union: ErrorObject): SchemaIssue {
  const constants = constantsOf(branches, schema)
  if (!constants) return issueOf(union)
  const { field, values } = constants
  const path = field === undefined ? union.instancePath : `${union.instancePath}${pointerTo(field)}`
  return { path, message: `must be one of ${short([...new Set(values)])}` }
}

/** Returns the field that distinguishes the branches and its allowed values, if no branch accepts its value. */
function choicesAmong(branches: readonly (readonly ErrorObject[])[]) {
  const choicesAt = (errors: readonly ErrorObject[], path: string) =>
    errors.find(({ instancePath, keyword }) => instancePath === path && (keyword === 'const' || keyword === 'enum'))
  const paths = new Set(branches[0]?.map(({ instancePath }) => instancePath))
  for (const path of paths) {
    const errors = branches.map((branch) => choicesAt(branch, path))
    if (errors.every((error) => error !== undefined)) {
      const values = errors.flatMap(({ params }) => (params['allowedValues'] as unknown[]) ?? [params['allowedValue']])
      return { path, values: [...new Set(values)] }
    }
  }
  return undefined
}

/** A branch of another type, or for another kind of object, is further away than one with many errors. */
function distanceOf(errors: readonly ErrorObject[]): number {
  return errors.reduce((sum, { keyword, instancePath }) => {
    if (keyword === 'type' && instancePath === '') return sum + 10_000
    return sum + (keyword === 'const' || keyword === 'enum' ? 100 : 1)
  }, 0)
}

function issueOf({ instancePath, keyword, params, parentSchema, schema, data, message }: ErrorObject): SchemaIssue {
  switch (keyword) {
    case 'required': {
      const name = params['missingProperty'] as string
      return { path: `${instancePath}${pointerTo(name)}`, message: `is missing${misspelt(name, parentSchema, data)}` }
    }
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = (params['additionalProperty'] ?? params['unevaluatedProperty']) as string
      return {
        path: `${instancePath}${pointerTo(name)}`,
        message: `is not a field of this object${meant(name, parentSchema)}`,
      }
    }
    case 'enum':
      return { path: instancePath, message: `must be one of ${short(params['allowedValues'])}` }
    case 'const':
      return { path: instancePath, message: `must be ${short(params['allowedValue'])}` }
    case 'type':
      return { path: instancePath, message: `must be ${[params['type'] as string | string[]].flat().join(' or ')}` }
    case 'false schema':
      return { path: instancePath, message: 'must be left out' }
    case 'not':
      return { path: instancePath, message: `must not fit ${short(schema)}` }
    default:
      return { path: instancePath, message: message ?? 'is not valid' }
  }
}

function short(value: unknown): string {
  return JSON.stringify(value).slice(0, 500)
}

/** Returns a hint to the field that was probably meant to be the missing one. */
function misspelt(name: string, parentSchema: Node | undefined, data: unknown): string {
  const declared = declaredBy(parentSchema)
  const strange = isNode(data) ? Object.keys(data).filter((key) => !declared.includes(key)) : []
  const found = nearest(name, strange)
  return found === undefined ? '' : `; there is \`${found}\`, which is not a field of this object`
}

function meant(name: string, parentSchema: Node | undefined): string {
  const found = nearest(name, declaredBy(parentSchema))
  return found === undefined ? '' : `; perhaps \`${found}\` was meant`
}

function declaredBy(schema: Node | undefined): readonly string[] {
  return isNode(schema?.['properties']) ? Object.keys(schema['properties']) : []
}
