import { type ChecksOf, either, flag, func, having, listOf, milliseconds, oneOf, where, whole } from '../check.ts'
import type { Seen } from '../seen.ts'
import { type Finish, finish } from './finish.ts'
import { WIRE_FORMAT, type WireFormat } from './wire-format.ts'

/** What a governed `fetch` takes that is for the application to say. */
export type FetchOptions = {
  /** Sends requests to the provider. @default the global `fetch` */
  readonly fetch?: typeof fetch | undefined
  /**
   * Counts the tokens of a request's text, which comes as a model reads it: without base64, settings and the JSON around
   * messages. A real tokenizer holds less money while a call runs.
   *
   * @default its UTF-8 bytes, which no byte-level tokenizer exceeds
   */
  readonly countTokens?: ((text: string, model: string) => number) | undefined
  /**
   * Wire formats of your own, in addition to the built-in ones. A URL that a built-in format recognises stays with it, and
   * one that several of yours recognise goes to the first.
   *
   * @default none
   */
  readonly formats?: readonly WireFormat[] | undefined
  /**
   * Remembers how much input stands behind what requests only refer to, such as earlier answers and files. A store of your
   * own can share it between processes; it may forget, and what it does not know is held as the context of the model.
   * `false` remembers nothing, so that everything a request refers to is held as that.
   *
   * @default what the newest 10,000 answers of this process said; with the Redis ledger what those of all processes on it said
   */
  readonly seen?: Seen | false | undefined
  /**
   * What happens to a POST that nobody can price, because no wire format knows its path or its body cannot be read:
   * `pass` sends and counts it (`agent.model.ungoverned`), `refuse` answers it with status 400. What is documented to cost
   * nothing, such as files, uploads and counting tokens, always passes.
   *
   * @default 'refuse' on hosts of models, 'pass' elsewhere, counted where the host has answered a governed call
   */
  readonly unknownEndpoints?: 'pass' | 'refuse' | undefined
  /**
   * Hosts of models beside those that are known: `gateway.contoso.com`, `10.0.0.5:8080`, `*.models.contoso.com`. Those of
   * the `route` count as such by themselves.
   *
   * @default the hosts of the known providers
   */
  readonly modelHosts?: readonly string[] | undefined
  /**
   * The longest request to a model, in bytes, at most 500,000,000: Node holds no longer text. A longer one is refused with
   * status 413, unread, for it could not be governed.
   *
   * @default what the provider documents to take (OpenAI 512 MB, Anthropic 32 MiB)
   */
  readonly maxRequestBytes?: number | undefined
  /**
   * The longest JSON answer, in bytes, and the longest event of a stream, in characters. A longer one is a failure that is
   * charged up to its output cap. 2,048 embeddings of 3,072 numbers are up to 195 MB as text, 34 MB in base64. At most
   * 500,000,000: Node holds no longer text.
   *
   * @default 268_435_456 (256 MiB)
   */
  readonly maxAnswerBytes?: number | undefined
  /**
   * What a streamed answer has to end with, so that its caller is not told that it broke: `auto` is what its format promises
   * on hosts that are known to send it (OpenAI, Azure, Anthropic, Google, Mistral, DeepSeek, xAI), and on others `[DONE]`
   * alone will do, which is counted; `require` is the same on every host; with `ignore` any end will do, as it does for most
   * SDKs, but that of a connection that breaks. A target of a route can have its own.
   *
   * @default 'auto'
   */
  readonly finish?: Finish | undefined
  /**
   * Whether what a gateway says that a call cost is charged, in place of its tokens at the prices of the rate card:
   * OpenRouter's `usage.cost` and LiteLLM's `x-litellm-response-cost`. What is held is not changed by it.
   *
   * @default false
   */
  readonly trustGatewayCost?: boolean | undefined
  /**
   * How long a streamed answer waits for somebody who begins to read it, in milliseconds from its headers. Then it is
   * ended, at the provider too, and counts as a call whose cost cannot be determined. Who reads it later gets a
   * `StreamBrokenError`.
   *
   * @default 60_000
   */
  readonly unreadMs?: number | undefined
}

/** A longer body cannot be one text in Node, with room for the chunk that passes the limit. */
const bodyBytes = whole(1, 500_000_000, 'bytes')

export const FETCH_OPTIONS: ChecksOf<FetchOptions> = {
  fetch: func,
  countTokens: func,
  formats: listOf(WIRE_FORMAT),
  seen: either(oneOf(false), having<Seen>('a store of what was seen', 'read', 'remember')),
  unknownEndpoints: oneOf('pass', 'refuse'),
  modelHosts: listOf(
    where(
      'a host such as `gateway.contoso.com`, with a port or not',
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
