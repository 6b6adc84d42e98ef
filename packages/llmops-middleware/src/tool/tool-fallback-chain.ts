import { InvalidOptionError } from '../errors.ts'
import { type ChainOptions, runChain, type ToolContext } from './run-chain.ts'

export type FallbackOptions = Pick<ChainOptions, 'timeoutMs' | 'signal' | 'onFallback'>

/**
 * Calls the first function; while one is unavailable, the next. Only unavailability falls back: a wrong argument or a
 * bug is thrown as it is, since the next function would only hide it.
 *
 * @throws NoToolAvailable with every cause when none could be reached.
 * @example
 * const page = await toolFallbackChain([searchWeb, readSnapshot, readHandbook], { query }, { timeoutMs: 3_000 })
 */
export async function toolFallbackChain<Args, Result>(
  functions: readonly ((args: Args, context: ToolContext) => Result | Promise<Result>)[],
  args: Args,
  options: FallbackOptions = {},
): Promise<Result> {
  if (functions.length === 0 || functions.some((run) => typeof run !== 'function')) {
    throw new InvalidOptionError('functions', functions, 'a list of at least one function')
  }
  checkTimeout(options.timeoutMs)
  const links = functions.map((run, index) => ({ name: run.name || `tool ${index + 1}`, run }))
  return (await runChain(links, args, options)).value
}

export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)) {
    throw new InvalidOptionError('timeoutMs', timeoutMs, 'a number of milliseconds above 0')
  }
}
