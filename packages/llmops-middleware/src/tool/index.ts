export {
  createToolFactory,
  type Tool,
  type ToolCallOptions,
  type ToolFactory,
  type ToolFactoryOptions,
} from './create-tool-factory.ts'
export type { ToolCall, ToolEffect, ToolLayer, ToolResult } from './tool-call.ts'
export type { ToolOptions, ToolRepairOptions } from './tool-options.ts'
export { ToolResultTooLargeError } from './tool-result-too-large-error.ts'
