/**
 * A scripted model for tests without a key, and matchers for vitest and Jest.
 *
 * @module
 */
import * as formats from './wire/index.ts'

export type { DecisionKind, ExpectedDecision, ExpectedFailure, ExpectedSpend } from './expect/matchers.ts'
export { type ExpectedToolCalls, type LlmOpsMatchers, matchers } from './expect/matchers.ts'
export { watch } from './expect/watch.ts'
export type { Script, ScriptedAnswer, TestAnswer, TestFault, TestToolCall, TestUsage } from './model/script.ts'
export type { TestCall, TestMessage, TestTool } from './model/test-call.ts'
export { type TestModel, type TestModelOptions, testModel } from './model/test-model.ts'
export type { TestRefusal } from './wire/index.ts'
/** How the providers write their answers, for the local model of this repository. @internal */
export const wire = { ...formats }
