import { LlmOpsError } from '../errors.ts'

/** A task has reached its limit of calls of a tool, or of all tools together. The tool was not run. */
export class ToolCallLimitError extends LlmOpsError {
  static override readonly name = 'ToolCallLimitError'
  static readonly code = 'tool_call_limit'
  readonly code = ToolCallLimitError.code
  /** The name of the tool. */
  readonly tool: string
  /** The limit. */
  readonly maxCalls: number
  /** Whether it is the limit of the tool or of the task. */
  readonly limitOf: 'tool' | 'task'

  constructor(tool: string, maxCalls: number, limitOf: 'tool' | 'task') {
    const may = limitOf === 'tool' ? `may be called ${times(maxCalls)} in one task` : `was not called`
    const task = limitOf === 'task' ? `: this task may call its tools ${times(maxCalls)} together` : ''
    super(`${tool} ${may}${task} (\`maxCalls\`). Answer with what you have.`)
    this.tool = tool
    this.maxCalls = maxCalls
    this.limitOf = limitOf
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
