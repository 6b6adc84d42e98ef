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
 * One HTTP attempt at a model, read once. Layers never parse the body again: to change the model or the
 * output cap they pass on a changed call, and the wire format writes the change when it is sent.
 */
export type ModelCall = {
  /** The wire format of the request. */
  readonly format: WireFormat
  /** `gen_ai.provider.name`: `openai`, `azure.ai.openai`, `anthropic`. */
  readonly provider: string
  /** What the application asked for; on Azure the deployment. */
  readonly requestedModel: string
  /** What will be asked: differs from `requestedModel` after a downshift. */
  readonly model: string
  /** Never below what the provider will count. */
  readonly inputTokens: number
  /** What that is on other models; a layer that changes the model changes both. Undefined: the same on each. @internal */
  readonly input?: HeldInput
  /** What it may have counted where no provider says. Undefined: what is held. @internal */
  readonly likely?: LikelyUsage
  /** The cap on generated tokens, all choices together; undefined when the request names none. */
  readonly maxOutputTokens: number | undefined
  /** No cap can be written. Undefined: one can. */
  readonly takesNoCap?: boolean | undefined
  /** How many answers are asked for. Undefined: 1. */
  readonly answers?: number | undefined
  /** How much of that cap the request sets aside for thinking. Undefined: nothing. */
  readonly thinkingTokens?: number | undefined
  /** What its price depends on beside its tokens. Undefined: nothing. */
  readonly terms?: BillingTerms | undefined
  /** Whether the answer is streamed. */
  readonly isStream: boolean
  /** Who pays. */
  readonly tenant: string
  /** Who pays beside the tenant. */
  readonly scopes: Scopes | undefined
  /** The task that the call belongs to; undefined outside of any. */
  readonly task: Task | undefined
  /** Aborted by the caller, by the task or by its deadline, and by a layer that gives this attempt up. */
  readonly signal: AbortSignal
  /** Without the layers: once it is aborted nobody waits for the answer. */
  readonly callerSignal: AbortSignal
  /** 1 for the first; more when the SDK says that it repeats the same logical call. */
  readonly attempt: number
  /** The HTTP request. */
  readonly request: ModelRequest
  /** Hears of the streams that the call is answered with, so that they end though nobody reads them. @internal */
  readonly open?: OpenCall
  /** Remembers a response that goes on in the background, so that what it cost is counted once somebody is told. @internal */
  readonly background?: BackgroundCalls
  /**
   * Hears what an attempt cost that was left before an answer came, so that no result tells: what is charged for it, once a
   * budget has decided that.
   *
   * @internal
   */
  readonly onLeft?: (completion: Completion) => void
  /** What layers decide of it, for whoever listens to events. Undefined while nobody does. @internal */
  readonly notes?: CallNotes | undefined
  /** Where a model is to be asked; undefined without routes: where the request was going. */
  readonly targetFor?: (model: string) => Target
}

export type ModelRequest = {
  readonly url: URL
  readonly headers: Headers
  /** The request's body as it came, and parsed. */
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  /** What the SDK gave to `fetch`; undefined where a layer made the request. */
  readonly read?: ReadRequest
}

/** A layer around each model call. */
export type ModelLayer = Layer<ModelCall, ModelResult>
