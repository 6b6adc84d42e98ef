/**
 * A scripted model for tests without a key, and matchers for vitest and Jest.
 *
 * @module
 */
export {
  type DecisionKind,
  type ExpectedDecision,
  type ExpectedFailure,
  type ExpectedSpend,
  type ExpectedToolCalls,
  type LlmOpsMatchers,
  matchers,
} from './expect/matchers.ts'
export { watch } from './expect/watch.ts'
export type { TestClock, TestModelOptions } from './model/options.ts'
export type {
  Script,
  ScriptedAnswer,
  TestAnswer,
  TestFault,
  TestRefusal,
  TestToolCall,
  TestUsage,
} from './model/script.ts'
export type { TestCall, TestMessage, TestTool } from './model/test-call.ts'
export { type TestModel, testModel } from './model/test-model.ts'
/** How the providers write their answers, for a double of your own. */
export * as wire from './wire/index.ts'
