import type { MaybePromise } from '../pipeline.ts'
import { compileSchema, type Schema, type Validation, type Validator } from '../repair/index.ts'
import { InvalidResultError } from './invalid-result-error.ts'
import { withNote } from './note.ts'
import type { ToolResult } from './tool-call.ts'
import { ToolResultTooLargeError } from './tool-result-too-large-error.ts'
import { type UsableResult, usableResult } from './usable-result.ts'

/** What is passed on of the result of a function. */
export type KeptResult = {
  readonly value: unknown
  /** The result as JSON, without a note; a text as itself. */
  readonly json: string
  /** Whether that is all of the value: no schema has changed it, and it has no note. */
  readonly isWritten?: boolean
  /** What the model should know of it; it stands in the value where that has a place for it. */
  readonly note?: string
}

export type KeptAnswer = ToolResult<KeptResult>

export type KeepResult = (value: unknown) => MaybePromise<KeptResult>

type Contract = { readonly name: string; readonly output?: Schema; readonly maxResultBytes?: number }

/**
 * Makes of any result one that a model can read, or that keeps to the `output` schema.
 *
 * @throws InvalidOptionError when `output` is no schema.
 */
export function resultKeeper({ name, output, maxResultBytes = 1024 * 1024 }: Contract): KeepResult {
  if (output === undefined) return (value) => keepWithNote(value, maxResultBytes)
  const validator = compileSchema(output, 'output')
  return (value) => keepToContract(value, { name, validator, output, maxBytes: maxResultBytes })
}

function keepWithNote(value: unknown, maxBytes: number): KeptResult {
  const usable = usableResult(value, maxBytes)
  if (!usable.wasCut) return { value: usable.value, json: usable.json, isWritten: true }
  const note = `This result has more than ${maxBytes.toLocaleString('en')} bytes and was cut. Ask for less of it.`
  // As much as the note takes at the most, in quotes and behind its name.
  const shorter = usableResult(value, maxBytes - note.length - 12)
  // Where hardly more than the note would fit, it stands beside the value only.
  if (maxBytes < 4 * note.length) return { ...usable, note }
  return { value: withNote(shorter.value, note), json: shorter.json, note }
}

type Terms = {
  readonly name: string
  readonly validator: Validator
  readonly output: Schema
  readonly maxBytes: number
}

async function keepToContract(value: unknown, terms: Terms): Promise<KeptResult> {
  const { name, maxBytes } = terms
  const usable = usableResult(value, maxBytes)
  if (usable.wasCut) throw new ToolResultTooLargeError(name, maxBytes, usable.value)
  const checked = await check(value, usable, terms)
  if (!checked.ok) throw new InvalidResultError(name, checked.issues, usable.value, checked.cause)
  return { value: checked.value, json: usable.json, isWritten: checked.value === usable.value }
}

type Checked = Validation & { readonly cause?: unknown }

async function check(value: unknown, usable: UsableResult, { validator, output }: Terms): Promise<Checked> {
  try {
    if (usable.wasConverted && '~standard' in output) {
      // Its author may want what JSON cannot say.
      const checked = await validator.validatePlain(value)
      if (checked.ok) return checked
    }
    return await validator.validatePlain(usable.value)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    return { ok: false, issues: [{ path: '', message: `could not be checked: ${said}` }], cause }
  }
}
