import type { MaybePromise } from '../pipeline.ts'
import { compileSchema, type Schema, type Validation, type Validator } from '../repair/index.ts'
import { InvalidResultError } from './invalid-result-error.ts'
import { withNote } from './note.ts'
import type { ToolResult } from './tool-call.ts'
import { ToolResultTooLargeError } from './tool-result-too-large-error.ts'
import { type UsableResult, usableResult } from './usable-result.ts'
import { wordlessClass, wordsFor } from './wordless.ts'

/** The result of a function, as it is passed on. */
export type CheckedResult = {
  readonly value: unknown
  /** The result as JSON, without a note. A text is not quoted. */
  readonly json: string
  /** Whether `json` is the whole value: no schema changed it, and it has no note. */
  readonly isWritten?: boolean
  /** A note to the model. It is also in the value, if the value has a place for it. */
  readonly note?: string
}

export type CheckedAnswer = ToolResult<CheckedResult>

export type CheckResult = (value: unknown) => MaybePromise<CheckedResult>

type Contract = {
  readonly name: string
  readonly output?: Schema | undefined
  readonly maxResultBytes?: number | undefined
}

/**
 * Returns a function that converts any result to one that a model can read, or checks it against the `output` schema.
 *
 * @throws InvalidOptionError if `output` is not a schema.
 */
export function resultChecker({ name, output, maxResultBytes = 1024 * 1024 }: Contract): CheckResult {
  if (output === undefined) {
    return (value) => {
      refuseWordless(name, value)
      return cutWithNote(value, maxResultBytes)
    }
  }
  const validator = compileSchema(output, 'output')
  return (value) => checkAgainstSchema(value, { name, validator, output, maxBytes: maxResultBytes })
}

/** @throws InvalidResultError if the value has content which JSON omits, so that a model would read `{}`. */
function refuseWordless(tool: string, value: unknown): void {
  const found = wordlessClass(value)
  if (found === undefined) return
  const returned = `${/^[AEIO]/i.test(found) ? 'an' : 'a'} ${found}, whose content JSON omits`
  const remedy = wordsFor(found)
  const issue = { path: '', message: `is ${returned}: ${remedy}` }
  throw new InvalidResultError(tool, [issue], `[${found}]`, undefined, `${returned}; ${remedy}`)
}

function cutWithNote(value: unknown, maxBytes: number): CheckedResult {
  const usable = usableResult(value, maxBytes)
  if (!usable.wasCut) return { value: usable.value, json: usable.json, isWritten: true }
  const note = `This result has more than ${maxBytes.toLocaleString('en')} bytes and was cut. Ask for less of it.`
  // The most that the note takes, with its quotes and its name.
  const shorter = usableResult(value, maxBytes - note.length - 12)
  // If little more than the note would fit, the note is only beside the value, not in it.
  if (maxBytes < 4 * note.length) return { ...usable, note }
  return { value: withNote(shorter.value, note), json: shorter.json, note }
}

type SchemaCheck = {
  readonly name: string
  readonly validator: Validator
  readonly output: Schema
  readonly maxBytes: number
}

async function checkAgainstSchema(value: unknown, schemaCheck: SchemaCheck): Promise<CheckedResult> {
  const { name, maxBytes, output } = schemaCheck
  // A Standard Schema may make a value of it.
  if (!('~standard' in output)) refuseWordless(name, value)
  const usable = usableResult(value, maxBytes)
  if (usable.wasCut) throw new ToolResultTooLargeError(name, maxBytes, usable.value)
  const checked = await check(value, usable, schemaCheck)
  if (!checked.ok) throw new InvalidResultError(name, checked.issues, usable.value, checked.cause)
  refuseWordless(name, checked.value)
  return { value: checked.value, json: usable.json, isWritten: checked.value === usable.value }
}

type CheckedWithCause = Validation & { readonly cause?: unknown }

async function check(
  value: unknown,
  usable: UsableResult,
  { validator, output }: SchemaCheck,
): Promise<CheckedWithCause> {
  try {
    if (usable.wasConverted && '~standard' in output) {
      // The schema may want a value that JSON cannot represent.
      const checked = await validator.validatePlain(value)
      if (checked.ok) return checked
    }
    return await validator.validatePlain(usable.value)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    return { ok: false, issues: [{ path: '', message: `could not be checked: ${reason}` }], cause }
  }
}
