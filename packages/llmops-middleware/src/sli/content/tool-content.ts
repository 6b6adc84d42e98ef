import type { Attributes } from '@opentelemetry/api'
import { limitedText, textOf } from './limited.ts'

export function toolArguments(args: unknown, maxLength: number): Attributes {
  return { 'gen_ai.tool.call.arguments': limitedText(textOf(args), maxLength) }
}

export function toolResult(value: unknown, maxLength: number): Attributes {
  return { 'gen_ai.tool.call.result': limitedText(textOf(value), maxLength) }
}
