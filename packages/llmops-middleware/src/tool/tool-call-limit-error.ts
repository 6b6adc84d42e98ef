import { LlmOpsError } from '../errors.ts'

/** A task has called a tool, or all of its tools together, as often as it may. Nothing was run. */
export class ToolCallLimitError extends LlmOpsError {
  static override readonly name = 'ToolCallLimitError'
  static readonly code = 'tool_call_limit'
  readonly code = ToolCallLimitError.code
  /** The name of the tool. */
  readonly tool: string
  /** How often it may be called. */
  readonly maxCalls: number
  /** Whether the limit is that of the tool or that of the task. */
  readonly limitOf: 'tool' | 'task'

  constructor(tool: string, maxCalls: number, limitOf: 'tool' | 'task') {
    const may = limitOf === 'tool' ? `may be called ${times(maxCalls)} in one task` : `was not called`
    const task = limitOf === 'task' ? `: this task may call its tools ${times(maxCalls)} together` : ''
    super(`${tool} ${may}${task} (\`maxCalls\`). Answer with what there is.`)
    this.tool = tool
    this.maxCalls = maxCalls
    this.limitOf = limitOf
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
