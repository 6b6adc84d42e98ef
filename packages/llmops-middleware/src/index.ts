/**
 * Governs the calls of an agent to models and tools: `createLlmOps`, its options, its events and its errors.
 *
 * @module
 */
export {
  BudgetBreaker,
  type BudgetDecision,
  BudgetExceededError,
  type BudgetOptions,
  type BudgetRefusal,
  type BudgetState,
  budgetRefusalOf,
  type DownshiftOptions,
  isBudgetExceeded,
  LedgerCorruptedError,
  LedgerUnavailableError,
  RunBudgetExceededError,
} from './budget/index.ts'
export { ChaosController, ChaosMalformed, ChaosOutage, ChaosThrottled } from './chaos/index.ts'
export { ClientDisconnectedError } from './client-disconnected-error.ts'
export { DeadlineExceededError, type UnknownEffect } from './deadline-exceeded-error.ts'
export type { ErrorCode } from './error-codes.ts'
export { InvalidOptionError, LlmOpsError } from './errors.ts'
export type {
  Decision,
  ErrorSummary,
  Interest,
  ModelAttempt,
  ModelCallBegan,
  ModelCallEnded,
  OpsEvent,
  OpsEvents,
  TaskBegan,
  TaskEnded,
  TaskFigures,
  ToolCallEnded,
} from './events/index.ts'
export { errorChain } from './events/index.ts'
export type { FailureClass } from './failure-class.ts'
export { createLlmOps, type LlmOps } from './llmops.ts'
export type { CloseOptions, LayersOptions, LlmOpsOptions } from './llmops-options.ts'
export { type LimitedLogger, type LogFields, type Logger, limitLines } from './log/index.ts'
export {
  type McpClient,
  type McpMedia,
  type McpNotice,
  type McpPart,
  type McpRefusalReason,
  McpToolFailedError,
  McpToolRefusedError,
  type McpToolsOptions,
  type McpToolValue,
} from './mcp-tools/index.ts'
export {
  type AnswerFacts,
  type Completion,
  type ErrorFacts,
  type EventVerdict,
  type ModelCall,
  type ModelLayer,
  type ModelResult,
  type PieceSource,
  type RequestChange,
  type RequestFacts,
  refused,
  type Seen,
  type SeenEntry,
  type SeenTokens,
  StreamBrokenError,
  type StreamFailure,
  type StreamProgress,
  type StreamReader,
  type Translation,
  type Usage,
  type WireFormat,
} from './model/index.ts'
export type { Layer } from './pipeline.ts'
export { type RateCard, UnknownModelPriceError } from './pricing/index.ts'
export { RepairableError, RepairFailedError } from './repair/index.ts'
export {
  AttemptTimeoutError,
  type BreakerBus,
  type BreakerOptions,
  type RouteOptions,
  type StreamOptions,
  type Target,
} from './route/index.ts'
export {
  currentTask,
  failureClassOf,
  type Task,
  type TaskBudgetState,
  type TaskOptions,
  type TaskOutcome,
  type TaskTotals,
} from './task.ts'
export { TaskEndedError } from './task-ended-error.ts'
export {
  DuplicateCallError,
  InvalidResultError,
  NoToolAvailable,
  type Tool,
  type ToolCall,
  ToolCallLimitError,
  type ToolCallOptions,
  type ToolContext,
  type ToolEffect,
  type ToolLayer,
  ToolLoopError,
  type ToolOptions,
  type ToolResult,
  ToolResultTooLargeError,
  ToolTimeoutError,
  ToolUnavailable,
  UnknownOutcomeError,
} from './tool/index.ts'
export { type Nanos, type Usd, usdFromNanos } from './usd.ts'
