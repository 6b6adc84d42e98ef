import type { JsonSchema } from '../conversation.ts'
import { patternInText } from './pattern.ts'

export type Identifier = { readonly inText: RegExp; readonly description: string }

/** The identifiers that a tool requires: values that the user must name, because they cannot be made up. */
export function identifiersOf({ properties = {}, required = [] }: JsonSchema): readonly Identifier[] {
  return required.flatMap((name) => {
    const property = properties[name] ?? {}
    const inText = identifierInText(property)
    return inText ? [{ inText, description: property.description ?? name }] : []
  })
}

/**
 * How an identifier looks inside a text: as its pattern says, or like its first example with other digits (`ORD-1001`).
 * Undefined for a value that is not an identifier.
 */
export function identifierInText({ pattern, examples }: JsonSchema): RegExp | undefined {
  if (pattern !== undefined) return patternInText(pattern)
  const example = examples?.[0]
  return typeof example === 'string' && /\d/.test(example) ? likeExample(example) : undefined
}

function likeExample(example: string): RegExp {
  const shape = example.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/\d+/g, '\\d+')
  return new RegExp(`(?<![\\p{L}\\d])${shape}(?![\\p{L}\\d])`, 'iu')
}
