export { createToolFactory, type Tool, type ToolFactory } from './create-tool-factory.ts'
export type { ToolCall, ToolEffect, ToolLayer, ToolResult } from './tool-call.ts'
export type { ToolOptions } from './tool-options.ts'
export { ToolResultTooLargeError } from './tool-result-too-large-error.ts'
