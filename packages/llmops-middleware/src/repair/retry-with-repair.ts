import { checkOptions } from '../check.ts'
import { notify } from '../notify.ts'
import { isPromise } from '../pipeline.ts'
import { Asking, type AskingOptions, type Faulty } from './asking.ts'
import { repairAtNoCost } from './repair-at-no-cost.ts'
import { type FreeRepair, REPAIR_OPTIONS, type Repaired, type RepairOptions } from './repair-options.ts'
import { RepairableError } from './repairable-error.ts'
import { compileSchema, type Validator } from './schema.ts'

/**
 * Calls a function with arguments from a model after repairing them: first at no cost (JSON repair, coercion by the
 * schema), then by asking the model for the failed fields, then for all fields. If the function throws
 * `RepairableError`, the model is asked for the fields that it names, and the function is called again.
 *
 * @param call the function, which gets arguments that fit the schema
 * @param args the arguments of the model, as text or parsed
 * @throws RepairFailedError with every issue and the last value if a limit is reached. The function was not run on the
 *   value, or refused it.
 * @throws InvalidOptionError if an option is invalid.
 * @example
 * await retryWithRepair(bookFlight, '{"seats":"2",}', { schema, askModel })
 */
export async function retryWithRepair<Args, Result>(
  call: (args: Args, repaired: Repaired) => Result | Promise<Result>,
  args: unknown,
  options: RepairOptions,
): Promise<Result> {
  checkOptions(options, REPAIR_OPTIONS)
  return runRepaired(compileSchema(options.schema), call, args, options)
}

export type RunOptions = AskingOptions & {
  /** The name of the tool, to recognise arguments that are wrapped in a call of it. */
  readonly tool?: string | undefined
}

/** Like `retryWithRepair`, with options that were checked and a schema that was compiled before. */
export async function runRepaired<Args, Result>(
  validator: Validator,
  call: (args: Args, repaired: Repaired) => Result | Promise<Result>,
  args: unknown,
  options: RunOptions,
): Promise<Result> {
  let asking: Asking | undefined
  const repair: Asking['repair'] = (faulty) => {
    asking ??= new Asking(validator, args, options)
    return asking.repair(faulty)
  }
  const canRead = options.effect === 'read'
  const freeRepair = {
    canRepair: options.strictness !== 'none',
    canComplete: canRead,
    canBeEmpty: canRead || options.isComplete === true,
    tool: options.tool,
    signal: options.signal,
  }
  let current = args
  let faulty: Faulty = { value: args, issues: [] }
  for (;;) {
    const reading = repairAtNoCost(validator, current, freeRepair)
    const read = isPromise(reading) ? await reading : reading
    if (!read.ok) {
      // If the answer of the model cannot be read, the issues of the previous value remain.
      const isNearer = read.input !== undefined || asking === undefined
      if (isNearer) faulty = { value: read.input ?? args, issues: read.issues }
      current = await repair(faulty)
      continue
    }
    // Validation and repair take time. The function must not start after the abort.
    options.signal?.throwIfAborted()
    for (const kind of read.repairs) notify('onFreeRepair', options.onFreeRepair, kind)
    try {
      return await call(read.value as Args, repaired(read.repairs, asking !== undefined))
    } catch (error) {
      if (!RepairableError.isInstance(error)) throw error
      faulty = { value: read.input, issues: error.issues, refusal: error }
      current = await repair(faulty)
    }
  }
}

const NOT_REPAIRED: Repaired = { wasRepaired: false, repairs: [] }

function repaired(free: readonly FreeRepair[], wasModelAsked: boolean): Repaired {
  if (free.length === 0 && !wasModelAsked) return NOT_REPAIRED
  return { wasRepaired: true, repairs: wasModelAsked ? ['model', ...free] : free }
}
