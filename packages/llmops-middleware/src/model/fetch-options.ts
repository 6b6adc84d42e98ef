import { type ChecksOf, either, flag, func, having, listOf, milliseconds, oneOf, where, whole } from '../check.ts'
import type { Seen } from '../seen.ts'
import { type Finish, finish } from './finish.ts'
import { WIRE_FORMAT, type WireFormat } from './wire-format.ts'

/** The options of a governed `fetch` that applications can set. */
export type FetchOptions = {
  /** Sends requests to the provider. @default the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /**
   * Counts the tokens of a request's text. It gets the text as a model reads it: without base64, settings and the JSON
   * around messages. With a real tokenizer a call holds less money while it runs.
   *
   * @default its UTF-8 bytes, which no byte-level tokenizer exceeds
   */
  readonly countTokens?: ((text: string, model: string) => number) | undefined
  /**
   * Your own wire formats, in addition to the built-in ones. A built-in format takes precedence for a URL that it
   * recognises; among yours, the first that recognises the URL is used.
   *
   * @default none
   */
  readonly formats?: readonly WireFormat[] | undefined
  /**
   * Remembers the size of content that requests only refer to, such as earlier answers and files. Your own store can share
   * these sizes between processes. It may forget them: for content of unknown size the whole context of the model is held.
   * `false` remembers nothing, so that the context is held for every reference.
   *
   * @default remembers the newest 10,000 answers of this process; with the Redis ledger, those of all processes on it
   */
  readonly seen?: Seen | false | undefined
  /**
   * What happens to a POST that cannot be priced, because no wire format recognises its path or its body cannot be read:
   * `pass` sends and counts it (`agent.model.ungoverned`), `refuse` answers with status 400. Requests that are documented
   * to cost nothing, such as files, uploads and token counting, always pass.
   *
   * @default 'refuse' on model hosts, 'pass' elsewhere, counted if the host has answered a governed call
   */
  readonly unknownEndpoints?: 'pass' | 'refuse' | undefined
  /**
   * Model hosts in addition to the known ones: `gateway.contoso.com`, `10.0.0.5:8080`, `*.models.contoso.com`. The hosts of
   * the `route` are included automatically.
   *
   * @default the hosts of the known providers
   */
  readonly modelHosts?: readonly string[] | undefined
  /**
   * The longest request to a model, in bytes, at most 500,000,000, because Node cannot hold a longer text. A longer request
   * is refused with status 413, because it cannot be governed.
   *
   * @default the documented limit of the provider (OpenAI 512 MB, Anthropic 32 MiB)
   */
  readonly maxRequestBytes?: number | undefined
  /**
   * The longest JSON answer, in bytes, and the longest event of a stream, in characters. A longer one is a failure that is
   * charged up to its output cap. For comparison, 2,048 embeddings of 3,072 numbers are up to 195 MB as text and 34 MB in
   * base64. At most 500,000,000, because Node cannot hold a longer text.
   *
   * @default 268_435_456 (256 MiB)
   */
  readonly maxAnswerBytes?: number | undefined
  /**
   * How a streamed answer must end to count as complete:
   * - `auto`: with the end that its format promises, on hosts that are known to send it (OpenAI, Azure, Anthropic, Google,
   *   Mistral, DeepSeek, xAI). On other hosts `[DONE]` alone is accepted, and counted.
   * - `require`: with the end that its format promises, on every host.
   * - `ignore`: in any way, as most SDKs accept it, except by a broken connection.
   *
   * A target of a route can have its own rule.
   *
   * @default 'auto'
   */
  readonly finish?: Finish | undefined
  /**
   * Whether to charge the cost that a gateway reports instead of the price by the rate card: OpenRouter's `usage.cost` and
   * LiteLLM's `x-litellm-response-cost`. Holds are not affected.
   *
   * @default false
   */
  readonly trustGatewayCost?: boolean | undefined
  /**
   * How long a streamed answer waits for its first read, in milliseconds from its headers. Then it is ended, also at the
   * provider, and counts as a call whose cost cannot be determined. Later reads reject with a `StreamBrokenError`.
   *
   * @default 60_000
   */
  readonly unreadMs?: number | undefined
}

/** The longest text in Node, minus room for the chunk that exceeds the limit. */
const bodyBytes = whole(1, 500_000_000, 'bytes')

export const FETCH_OPTIONS: ChecksOf<FetchOptions> = {
  fetch: where(func.accepts, func.is, (value) =>
    func.is((value as { fetch?: unknown } | null)?.fetch) ? 'Did you mean its method `fetch`?' : undefined,
  ),
  countTokens: func,
  formats: listOf(WIRE_FORMAT),
  seen: either(oneOf(false), having<Seen>('a store of what was seen', 'read', 'remember')),
  unknownEndpoints: oneOf('pass', 'refuse'),
  modelHosts: listOf(
    where(
      'a host such as `gateway.contoso.com`, with or without a port',
      (value) => typeof value === 'string' && /^[a-z0-9*.\-[\]:]+$/i.test(value),
      (value) => (URL.canParse(String(value)) ? `Did you mean ${new URL(String(value)).host}?` : undefined),
    ),
  ),
  maxRequestBytes: bodyBytes,
  maxAnswerBytes: bodyBytes,
  finish,
  trustGatewayCost: flag,
  unreadMs: milliseconds(),
}
