/**
 * Calls functions one after the other until one of them is available.
 *
 * @module
 */
export {
  type FallbackOptions,
  isUnavailable,
  NoToolAvailable,
  type ToolContext,
  ToolTimeoutError,
  ToolUnavailable,
  toolFallbackChain,
  UnknownOutcomeError,
} from '../tool/fallback.ts'
