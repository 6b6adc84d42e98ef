import type { Scopes } from '../payer.ts'
import type { Layer } from '../pipeline.ts'
import type { Task } from '../task.ts'
import type { Usage } from '../usage.ts'
import type { Nanos } from '../usd.ts'
import type { OpenCall } from './answer/index.ts'
import type { HeldInput } from './input/held-input.ts'
import type { ReadRequest } from './request/read-request.ts'
import type { Target } from './target.ts'
import type { StreamFailure, WireFormat } from './wire-format.ts'

/**
 * One HTTP attempt at a model, read once. Layers never parse the body again: to change the model or the
 * output cap they pass on a changed call, and the wire format writes the change when it is sent.
 */
export type ModelCall = {
  readonly format: WireFormat
  /** `gen_ai.provider.name`: `openai`, `azure.ai.openai`, `anthropic`. */
  readonly provider: string
  /** What the application asked for; on Azure the deployment. */
  readonly requestedModel: string
  /** What will be asked: differs from `requestedModel` after a downshift. */
  readonly model: string
  /** Never below what the provider will count. */
  readonly inputTokens: number
  /** What that is on other models; a layer that changes the model changes both. Undefined: the same on each. */
  readonly input?: HeldInput
  /** The cap on generated tokens, all choices together; undefined when the request names none. */
  readonly maxOutputTokens: number | undefined
  readonly isStream: boolean
  /** Who pays. */
  readonly tenant: string
  /** Who pays beside the tenant. */
  readonly scopes: Scopes | undefined
  readonly task: Task | undefined
  /** Aborted by the caller, by the task or by its deadline. */
  readonly signal: AbortSignal
  /** 1 for the first; more when the SDK says that it repeats the same logical call. */
  readonly attempt: number
  readonly request: ModelRequest
  /** Hears of the streams that the call is answered with, so that they end though nobody reads them. */
  readonly open?: OpenCall
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

export type ModelResult = {
  /** What the SDK gets. The body of a stream is still to come. */
  readonly response: Response
  /** The model that was asked. */
  readonly model: string
  /** How far a stream has come; absent for a whole answer. */
  readonly progress?: StreamProgress
  /** The output cap that the provider was given where a layer of ours cut the caller's, all choices together. */
  readonly clampedToTokens?: number
  /** A layer of ours answered instead of a provider: nobody else could do better. */
  readonly isRefusal?: true
  /** Settles once, when the last byte was delivered, cut or aborted; never rejects. */
  readonly completion: Promise<Completion>
}

/** Live: each says what is so when it is asked. */
export interface StreamProgress {
  /** Whether an event has come. */
  readonly isOpen: boolean
  /** Whether it has said more than that an answer begins. */
  readonly hasBegun: boolean
  /** The provider's own error, once it has come. */
  readonly failure: StreamFailure | undefined
}

/** How an attempt ended and what it cost. */
export type Completion = {
  /**
   * - `completed`: the whole answer, with the provider's own usage
   * - `failed`: the provider answered with an error, as a stream's first event too; nothing was generated
   * - `refused`: a layer of ours answered instead of the provider
   * - `aborted`: the caller left; usage is what was delivered
   * - `broken`: the answer was cut, stalled or malformed, or the provider failed in it; usage is what was delivered
   */
  readonly status: 'completed' | 'failed' | 'refused' | 'aborted' | 'broken'
  readonly usage: Usage
  /** `reported` by the provider, `estimated` from what was delivered, or `unknown` when nothing can tell. */
  readonly usageSource: 'reported' | 'estimated' | 'unknown'
  readonly costNanos: Nanos
  /** The model the provider says answered, when it says. */
  readonly responseModel?: string
  readonly finishReasons?: readonly string[]
  readonly error?: unknown
  /** From the request to the first event of a stream; absent for JSON. */
  readonly timeToFirstTokenMs?: number
}

export type ModelLayer = Layer<ModelCall, ModelResult>
