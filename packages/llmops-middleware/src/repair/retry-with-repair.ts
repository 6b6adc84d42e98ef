import { checkOptions } from '../check.ts'
import { notify } from '../notify.ts'
import { isPromise } from '../pipeline.ts'
import { Asking, type AskingOptions, type Faulty } from './asking.ts'
import { repairFreely } from './repair-freely.ts'
import { type FreeRepair, REPAIR_OPTIONS, type Repaired, type RepairOptions } from './repair-options.ts'
import { RepairableError } from './repairable-error.ts'
import { compileSchema, type Validator } from './schema.ts'

/**
 * Calls a function with arguments from a model, repaired first: at no cost where that is possible (JSON repair, coercion
 * by the schema), then by asking the model for the failed fields, then for all. A function that throws `RepairableError`
 * names fields that the model is asked for again, and is called once more.
 *
 * @param call gets arguments that fit the schema
 * @param args the arguments of the model, as text or parsed
 * @throws RepairFailedError with every issue and the nearest value when the caps are reached. The function did not run on
 *   it, or refused it.
 * @throws InvalidOptionError naming the option that cannot be used.
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
  /** The name of the tool that the function is, for calls that name it beside its arguments. */
  readonly tool?: string | undefined
}

/** The same with options that were checked and a schema that was compiled before. */
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
  const freely = {
    canRepair: options.strictness !== 'none',
    canComplete: canRead,
    canBeEmpty: canRead || options.isComplete === true,
    tool: options.tool,
    signal: options.signal,
  }
  let given = args
  let faulty: Faulty = { value: args, issues: [] }
  for (;;) {
    const reading = repairFreely(validator, given, freely)
    const read = isPromise(reading) ? await reading : reading
    if (!read.ok) {
      // What a model says that cannot be read leaves wrong what was wrong before.
      const isNearer = read.input !== undefined || asking === undefined
      if (isNearer) faulty = { value: read.input ?? args, issues: read.issues }
      given = await repair(faulty)
      continue
    }
    // Validating and asking take time: nothing is run after the end.
    options.signal?.throwIfAborted()
    for (const kind of read.repairs) notify('onFreeRepair', options.onFreeRepair, kind)
    try {
      return await call(read.value as Args, repaired(read.repairs, asking !== undefined))
    } catch (error) {
      if (!RepairableError.isInstance(error)) throw error
      faulty = { value: read.input, issues: error.issues, refusal: error }
      given = await repair(faulty)
    }
  }
}

const AS_THEY_CAME: Repaired = { wasRepaired: false, repairs: [] }

function repaired(free: readonly FreeRepair[], wasModelAsked: boolean): Repaired {
  if (free.length === 0 && !wasModelAsked) return AS_THEY_CAME
  return { wasRepaired: true, repairs: wasModelAsked ? ['model', ...free] : free }
}
