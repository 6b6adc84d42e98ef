import {
  abortSignal,
  type ChecksOf,
  checkOptions,
  checkValue,
  func,
  listOf,
  milliseconds,
  oneOf,
  required,
} from '../check.ts'
import { TOOL_EFFECTS } from '../tool-effect.ts'
import { type ChainOptions, runChain } from './chain.ts'
import type { ToolFunction } from './function-run.ts'

export type { ToolContext } from './function-run.ts'
export { isUnavailable } from './is-unavailable.ts'
export { NoToolAvailable } from './no-tool-available.ts'
export { ToolTimeoutError } from './tool-timeout-error.ts'
export { ToolUnavailable } from './tool-unavailable.ts'
export { UnknownOutcomeError } from './unknown-outcome-error.ts'

/** The options of `toolFallbackChain`. */
export type FallbackOptions = Pick<ChainOptions, 'timeoutMs' | 'signal' | 'onFallback' | 'effect'>

export const FALLBACK_OPTIONS: ChecksOf<FallbackOptions> = {
  timeoutMs: milliseconds(),
  signal: abortSignal,
  onFallback: func,
  effect: oneOf(...TOOL_EFFECTS),
}
const FUNCTIONS = required({ ...listOf(func, { min: 1 }), accepts: 'a list of at least one function' })

/**
 * Calls the functions in order until one is available. Only unavailability falls back. A wrong argument or a bug is
 * thrown as it is, since the next function would only hide it; the errors of earlier functions are its last cause.
 *
 * @param functions the functions, in order of preference
 * @param args the arguments for each function
 * @throws NoToolAvailable with every cause if no function is available.
 * @throws UnknownOutcomeError if the functions have an effect and it may have happened.
 * @throws InvalidOptionError if an option is invalid.
 * @example
 * const page = await toolFallbackChain([searchWeb, readSnapshot, readHandbook], { query }, { timeoutMs: 3_000 })
 */
export async function toolFallbackChain<Args, Result>(
  functions: readonly ToolFunction<Args, Result>[],
  args: Args,
  options: FallbackOptions = {},
): Promise<Result> {
  checkValue(functions, FUNCTIONS, 'functions')
  checkOptions(options, FALLBACK_OPTIONS)
  const named = functions.map((run, index) => ({ name: run.name || `tool ${index + 1}`, run }))
  return (await runChain(named, args, options)).value
}
