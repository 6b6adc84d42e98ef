import type { JsonSchema } from '../conversation.ts'
import { ArgumentFiller } from './argument-filler.ts'
import { matchesPattern } from './pattern.ts'
import { schemaProblem } from './schema-problem.ts'

/** The repaired arguments if the question is a request to repair arguments: JSON with their schema and the arguments. */
export function repairedArguments(question: string): Record<string, unknown> | undefined {
  const asked = readRepair(question)
  if (!asked) return undefined
  const { schema, arguments: broken, context = '' } = asked
  const text = `${context} ${typeof broken === 'string' ? broken : JSON.stringify(broken)}`
  const kept = typeof broken === 'object' && broken !== null ? keepValid(schema, broken) : {}
  return { ...new ArgumentFiller(isoDates(text)).fill(schema), ...kept }
}

type RepairQuestion = { readonly schema: JsonSchema; readonly arguments: unknown; readonly context?: string }

function readRepair(question: string): RepairQuestion | undefined {
  if (!question.startsWith('{"schema"')) return undefined
  try {
    const asked = JSON.parse(question) as RepairQuestion
    return schemaProblem(asked.schema) === undefined ? asked : undefined
  } catch {
    return undefined
  }
}

/** Rewrites dates such as "20/11/2026" as ISO dates. */
function isoDates(text: string): string {
  return text.replace(/(\d{2})\/(\d{2})\/(\d{4})/g, '$3-$2-$1')
}

function keepValid(schema: JsonSchema, broken: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(broken).filter(([name, value]) => {
      const property = schema.properties?.[name]
      return property !== undefined && isValid(property, value)
    }),
  )
}

function isValid({ type, enum: choices, pattern, minimum, maximum }: JsonSchema, value: unknown): boolean {
  if (choices) return choices.includes(value)
  if (pattern !== undefined && !matchesPattern(pattern, value)) return false
  if (typeof value === 'number' && (value < (minimum ?? value) || value > (maximum ?? value))) return false
  const kinds = type === undefined || typeof type === 'string' ? [type] : type
  return kinds.some(
    (kind) => kind === undefined || kind === kindOf(value) || (kind === 'integer' && Number.isInteger(value)),
  )
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
