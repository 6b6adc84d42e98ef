import { LlmOpsError } from '../errors.ts'

/** No function of a fallback chain is available. `causes` has the error of each, in order. */
export class NoToolAvailable extends LlmOpsError {
  static override readonly name = 'NoToolAvailable'
  static readonly code = 'no_tool_available'
  readonly code = NoToolAvailable.code
  /** What each function threw. */
  readonly causes: readonly { readonly tool: string; readonly error: unknown }[]

  constructor(causes: NoToolAvailable['causes']) {
    const said = causes.map(({ tool, error }) => `${tool} (${error instanceof Error ? error.message : String(error)})`)
    super(`No tool is available: ${said.join('; ')}`, { cause: causes.at(-1)?.error })
    this.causes = causes
  }

  override get publicMessage(): string {
    return `No tool is available: ${this.causes.map(({ tool }) => tool).join('; ')}`
  }
}
