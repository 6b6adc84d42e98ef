import { AssertionError } from 'node:assert'
import { checkOptions, checkValue, whole } from '../../check.ts'
import {
  type AnswerFormat,
  anthropicMessages,
  chatCompletions,
  countTokens,
  cutByFilter,
  embeddingsOf,
  type Generated,
  generate,
  inputTokensOf,
  openAiError,
  type Refusal,
  refusalOf,
  responses,
  retryAfterHeaders,
} from '../wire/index.ts'
import { brokenConnection, deliver, never } from './deliver.ts'
import { REAL_CLOCK, TEST_MODEL_OPTIONS, type TestClock, type TestModelOptions } from './options.ts'
import { type AskedFor, ENDS, formatOf, readRequest } from './read-request.ts'
import { SCRIPT, type Script, Scripted, type TestAnswer } from './script.ts'
import { LoopbackServer } from './serve.ts'
import type { TestCall } from './test-call.ts'

/** A model that says what its script says, in the formats of the providers. */
export interface TestModel {
  /** Answers any host, by the end of the path. */
  readonly fetch: typeof fetch
  /** What was asked of it, in order. */
  readonly calls: readonly TestCall[]
  /** What was asked and could not be answered: not understood, or not in the script. */
  readonly problems: readonly string[]
  /**
   * Serves on loopback, for SDKs that take no `fetch`.
   *
   * @param port 0 for any that is free
   * @returns the URL, without a path: an SDK of OpenAI takes `${url}/v1`.
   */
  listen(port?: number): Promise<string>
  /** Stops serving. */
  close(): Promise<void>
  /** Begins again, with another script and no calls. */
  reset(script: Script): void
  /**
   * Throws if an answer of the script was not asked for.
   *
   * @throws AssertionError that lists the problems, and the answers of the script that nobody asked for.
   */
  verify(): void
}

/**
 * A model for tests and first steps: no key, no network, the same answer each time.
 *
 * @throws InvalidOptionError naming the option, or the answer of the script, that cannot be used.
 * @example
 * const model = testModel({
 *   script: [{ toolCalls: [{ name: 'lookup', arguments: { query: 'returns' } }] }, 'Within 30 days.', { fault: 'cut' }],
 * })
 * const ops = createLlmOps({ fetch: model.fetch, budget: { limitUsd: 1 } })
 */
export function testModel(options: TestModelOptions): TestModel {
  checkOptions(options, TEST_MODEL_OPTIONS)
  return new ScriptedModel(options)
}

type Writable = { -readonly [Key in keyof TestCall]: TestCall[Key] }

/** Words are all that these write; embeddings answer with numbers. */
const FORMATS: Readonly<Record<TestCall['format'], AnswerFormat>> = {
  chatCompletions,
  responses,
  anthropicMessages,
  embeddings: { json: (answer) => answer, events: () => [], error: openAiError },
}

const KEYS = new Set(['authorization', 'api-key', 'x-api-key'])
const DEFAULT_DIMENSIONS = 1536

class ScriptedModel implements TestModel {
  readonly #clock: TestClock
  #script: Scripted
  #server: LoopbackServer | undefined
  #calls: TestCall[] = []
  #problems: string[] = []
  #count = 0

  constructor({ script, clock = REAL_CLOCK }: TestModelOptions) {
    this.#script = new Scripted(script)
    this.#clock = clock
  }

  get calls(): readonly TestCall[] {
    return this.#calls
  }

  get problems(): readonly string[] {
    return this.#problems
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    request.signal.throwIfAborted()
    const { pathname } = new URL(request.url)
    const format = formatOf(pathname)
    const text = await request.text()
    const what = `${request.method} ${pathname}`
    if (request.method !== 'POST' || !format) {
      return this.#refuse(
        chatCompletions,
        404,
        'not_understood',
        `${what} is no request that it knows; it answers POST to ${ENDS}.`,
      )
    }
    const written = FORMATS[format]
    let call: Writable
    let asked: AskedFor
    try {
      const body = JSON.parse(text)
      asked = readRequest(pathname, body)
      call = { ...callOf(request, asked), body }
    } catch (error) {
      return this.#refuse(written, 400, 'not_understood', `${what} was not understood: ${(error as Error).message}.`)
    }
    this.#calls.push(call)
    try {
      const answer = await this.#script.next(call)
      if (!answer)
        return this.#unscripted(
          call,
          written,
          `${this.#script} for call ${this.#calls.length}, ${what} (${lastWords(call)}).`,
        )
      const unknown = answer.toolCalls?.find(({ name }) => !asked.tools.some((tool) => tool.name === name))
      if (unknown) {
        const offered = asked.tools.map(({ name }) => name).join(', ') || 'none'
        return this.#unscripted(
          call,
          written,
          `The script calls the tool '${unknown.name}', but the tools of call ${this.#calls.length} are: ${offered}.`,
        )
      }
      return await this.#answer(call, asked, answer, request.signal)
    } catch (error) {
      if (call.outcome === 'broken' || request.signal.aborted) throw error
      return this.#unscripted(call, written, `The script failed at call ${this.#calls.length}: ${error}`)
    }
  }

  async listen(port = 0): Promise<string> {
    checkValue(port, whole(0, 65_535), 'port')
    await this.close()
    this.#server = new LoopbackServer(this.fetch)
    return await this.#server.listen(port)
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    await server?.close()
  }

  reset(script: Script): void {
    checkValue(script, SCRIPT, 'script')
    this.#script = new Scripted(script)
    this.#calls = []
    this.#problems = []
    this.#count = 0
  }

  verify(): void {
    const { left } = this.#script
    const unasked =
      left > 0 ? [`${left} of the answers of the script were not asked for, after ${this.#calls.length} calls.`] : []
    const problems = [...this.#problems, ...unasked]
    if (problems.length > 0) throw new AssertionError({ message: problems.join('\n') })
  }

  async #answer(call: Writable, asked: AskedFor, answer: TestAnswer, signal: AbortSignal): Promise<Response> {
    const { fault, latencyMs = 0, msPerToken = 0 } = answer
    const format = FORMATS[call.format]
    const end = (outcome: TestCall['outcome']) => {
      if (call.outcome === 'pending') call.outcome = outcome
    }
    signal.addEventListener('abort', () => end('left'), { once: true })
    const refusal = typeof fault === 'object' ? ownRefusal(fault) : refusalOf(fault)
    const generated = this.#generate(asked, answer)
    const generationMs = asked.isStream || refusal ? 0 : msPerToken * generated.usage.outputTokens
    if (latencyMs + generationMs > 0) await this.#clock.sleep(latencyMs + generationMs, signal)
    if (refusal) {
      end('refused')
      call.status = refusal.status
      return this.#respond(refusal.status, format.error(refusal), retryAfterHeaders(answer, this.#clock.now()))
    }
    if (fault === 'hang') await never(signal)
    if (fault === 'reset') {
      end('broken')
      throw brokenConnection('fetch failed')
    }
    call.status = 200
    call.usage = generated.usage
    const written = asked.texts ? { ...format, json: () => vectorsOf(call, asked.texts!, generated) } : format
    return deliver({
      format: written,
      request: asked.answer,
      generated,
      answer,
      isStream: asked.isStream,
      clock: this.#clock,
      signal,
      end,
    })
  }

  #generate(asked: AskedFor, { text = '', toolCalls = [], usage = {}, fault, afterEvents = 3 }: TestAnswer): Generated {
    const reply = {
      text,
      toolCalls: toolCalls.map(({ name, arguments: args = {} }) => ({
        name,
        arguments: typeof args === 'string' ? args : JSON.stringify(args),
      })),
    }
    const { model, maxOutputTokens, choices, texts } = asked
    const generated = generate(reply, {
      id: `test_${++this.#count}`,
      createdAtSeconds: Math.floor(this.#clock.now() / 1000),
      model,
      maxOutputTokens,
      choices,
      inputTokens: texts ? countTokens(texts.join('')) : inputTokensOf(asked),
      cachedInputTokens: 0,
      reasoningTokens: usage.reasoningTokens ?? 0,
    })
    const cut = fault === 'content_filter_stream' ? cutByFilter(generated, afterEvents) : generated
    return { ...cut, usage: { ...cut.usage, ...usage } }
  }

  #unscripted(call: Writable, format: AnswerFormat, problem: string): Response {
    Object.assign(call, { outcome: 'refused', status: 400 })
    return this.#refuse(format, 400, 'not_in_script', problem)
  }

  /** With a status that no SDK repeats, so that the sentence is what the test shows. */
  #refuse(format: AnswerFormat, status: number, code: string, problem: string): Response {
    this.#problems.push(problem)
    return this.#respond(status, format.error({ status, code, message: `Test model: ${problem}` }), {
      'x-should-retry': 'false',
    })
  }

  #respond(status: number, body: unknown, headers: Readonly<Record<string, string>>): Response {
    return Response.json(body, { status, headers })
  }
}

function callOf({ url, headers }: Request, asked: AskedFor): Omit<Writable, 'body'> {
  const { format, model, isStream, maxOutputTokens, system, messages, tools } = asked
  const told = Object.fromEntries([...headers].filter(([name]) => !KEYS.has(name)))
  const ended = { outcome: 'pending', status: undefined, usage: undefined } as const
  return { format, url, headers: told, model, isStream, maxOutputTokens, system, messages, tools, ...ended }
}

function ownRefusal({
  status,
  code = null,
  message = 'The test model was told to refuse.',
}: Partial<Refusal> & { status: number }): Refusal {
  return { status, code, message }
}

function vectorsOf({ model, body }: TestCall, texts: readonly string[], { usage: { inputTokens } }: Generated) {
  const { dimensions, encoding_format } = body
  return embeddingsOf(texts, {
    model,
    inputTokens,
    dimensions: typeof dimensions === 'number' ? dimensions : DEFAULT_DIMENSIONS,
    isBase64: encoding_format === 'base64',
  })
}

function lastWords({ model, messages }: TestCall): string {
  const { role, text } = messages.at(-1)!
  return `model ${model}, last ${role} message '${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`
}
