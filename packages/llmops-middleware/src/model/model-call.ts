import type { CallNotes } from '../call-notes.ts'
import type { Scopes } from '../payer.ts'
import type { Layer } from '../pipeline.ts'
import type { BillingTerms } from '../pricing/index.ts'
import type { Task } from '../task.ts'
import type { OpenCall } from './answer/index.ts'
import type { LikelyUsage } from './answered-calls.ts'
import type { BackgroundCalls } from './background-calls.ts'
import type { HeldInput } from './input/held-input.ts'
import type { Completion, ModelResult } from './model-result.ts'
import type { ReadRequest } from './request/read-request.ts'
import type { Target } from './target.ts'
import type { WireFormat } from './wire-format.ts'

/**
 * One HTTP attempt at a model, read once. Layers never parse the body again: to change the model or the output cap they
 * pass on a changed call, and the wire format writes the change when the request is sent.
 */
export type ModelCall = {
  /** The wire format of the request. */
  readonly format: WireFormat
  /** `gen_ai.provider.name`: `openai`, `azure.ai.openai`, `anthropic`. */
  readonly provider: string
  /** The model that the application requested; on Azure the deployment. */
  readonly requestedModel: string
  /** The model that will be called: differs from `requestedModel` after a downshift. */
  readonly model: string
  /** At least the input tokens that the provider will count. */
  readonly inputTokens: number
  /** What that is on other models; a layer that changes the model changes both. Undefined: the same on each. @internal */
  readonly input?: HeldInput
  /** What it may have counted where no provider says. Undefined: what is held. @internal */
  readonly likely?: LikelyUsage
  /** The output cap in tokens of all choices together; undefined if the request has none. */
  readonly maxOutputTokens: number | undefined
  /** Whether the request cannot have a cap. @default false */
  readonly takesNoCap?: boolean | undefined
  /** How many answers the request asks for. @default 1 */
  readonly answers?: number | undefined
  /** The part of the cap that is reserved for thinking. @default 0 */
  readonly thinkingTokens?: number | undefined
  /** What the price depends on besides tokens. @default nothing */
  readonly terms?: BillingTerms | undefined
  /** Whether the answer is streamed. */
  readonly isStream: boolean
  /** The tenant that pays. */
  readonly tenant: string
  /** The scopes that must pay as well. */
  readonly scopes: Scopes | undefined
  /** The task that the call belongs to; undefined outside of any. */
  readonly task: Task | undefined
  /** Aborted by the caller, by the task or its deadline, or by a layer that ends this attempt. */
  readonly signal: AbortSignal
  /** Aborted only by the caller, the task or its deadline: then no caller waits for the answer any more. */
  readonly callerSignal: AbortSignal
  /** 1 for the first attempt; higher when the SDK says that it retries. */
  readonly attempt: number
  /** The HTTP request. */
  readonly request: ModelRequest
  /** Hears of the streams that the call is answered with, so that they end although they are not read. @internal */
  readonly open?: OpenCall
  /** Remembers a response that goes on in the background, so that its cost is counted once it is known. @internal */
  readonly background?: BackgroundCalls
  /**
   * Hears what an attempt cost that was left before an answer came, so that no result tells: what is charged for it, once a
   * budget has decided that.
   *
   * @internal
   */
  readonly onLeft?: (completion: Completion) => void
  /** Collects the decisions of layers about the call, for events. Undefined if there is no listener. @internal */
  readonly notes?: CallNotes | undefined
  /** Returns the target for a model. @default the endpoint of the request */
  readonly targetFor?: (model: string) => Target
}

export type ModelRequest = {
  readonly url: URL
  readonly headers: Headers
  /** The original body of the request, as text and parsed. */
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  /** The arguments that the SDK passed to `fetch`; undefined if a layer created the request. */
  readonly read?: ReadRequest
}

/** A layer around each model call. */
export type ModelLayer = Layer<ModelCall, ModelResult>
