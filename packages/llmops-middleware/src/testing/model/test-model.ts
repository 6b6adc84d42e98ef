import { AssertionError } from 'node:assert'
import { checkOptions, checkValue, whole } from '../../check.ts'
import {
  type AnswerFormat,
  anthropicMessages,
  chatCompletions,
  cutByFilter,
  embeddings,
  type Generated,
  generate,
  inputTokensOf,
  responses,
} from '../wire/index.ts'
import { type Delivery, deliver, EVENTS_BEFORE_FAULT } from './deliver.ts'
import { REAL_CLOCK, TEST_MODEL_OPTIONS, type TestClock, type TestModelOptions } from './options.ts'
import { ENDS, formatOf, readRequest } from './read-request.ts'
import { SCRIPT, type Script, Scripted, type TestAnswer } from './script.ts'
import { LoopbackServer } from './serve.ts'
import type { TestCall } from './test-call.ts'
import { unfitAnswer } from './unfit-answer.ts'

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

const FORMATS: Readonly<Record<TestCall['format'], AnswerFormat>> = {
  chatCompletions,
  responses,
  anthropicMessages,
  embeddings,
}

const KEYS = new Set(['authorization', 'api-key', 'x-api-key'])

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
    const what = `${request.method} ${pathname}`
    const known = formatOf(pathname)
    const text = await request.text()
    if (request.method !== 'POST' || !known) {
      const problem = `${what} is not a request that it knows; it answers POST to ${ENDS}.`
      return this.#refuse(chatCompletions, 404, 'not_understood', problem)
    }
    const format = FORMATS[known]
    let read: ReturnType<typeof readRequest>
    try {
      read = readRequest(pathname, JSON.parse(text))
    } catch (error) {
      return this.#refuse(format, 400, 'not_understood', `${what} was not understood: ${(error as Error).message}.`)
    }
    const call: Delivery['call'] = { ...callOf(request), ...read.asked }
    const number = this.#calls.push(call)
    const unscripted = (problem: string) => {
      Object.assign(call, { outcome: 'refused', status: 400 })
      return this.#refuse(format, 400, 'not_in_script', problem)
    }
    try {
      const answer = await this.#script.next(call)
      if (!answer) return unscripted(`${this.#script} for call ${number}, ${what} (${lastWords(call)}).`)
      const unfit = unfitAnswer(answer, call, number)
      if (unfit) return unscripted(unfit)
      const generated = this.#generate(read, answer)
      return await deliver({
        call,
        format,
        request: read.request,
        answer,
        generated,
        clock: this.#clock,
        signal: request.signal,
      })
    } catch (error) {
      if (call.outcome === 'broken' || request.signal.aborted) throw error
      return unscripted(`The script failed at call ${number}: ${error}`)
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

  #generate({ asked, choices, stop, inputTokens }: ReturnType<typeof readRequest>, answer: TestAnswer): Generated {
    const { text = '', toolCalls = [], usage = {}, fault, afterEvents = EVENTS_BEFORE_FAULT } = answer
    const reply = {
      text,
      toolCalls: toolCalls.map(({ name, arguments: args = {} }) => ({
        name,
        arguments: typeof args === 'string' ? args : JSON.stringify(args),
      })),
    }
    const generated = generate(reply, {
      id: `test_${++this.#count}`,
      createdAtSeconds: Math.floor(this.#clock.now() / 1000),
      model: asked.model,
      maxOutputTokens: asked.maxOutputTokens,
      choices,
      stop,
      inputTokens: inputTokens ?? inputTokensOf(asked),
      cachedInputTokens: 0,
      reasoningTokens: usage.reasoningTokens ?? 0,
    })
    const cut = fault === 'content_filter_stream' ? cutByFilter(generated, afterEvents) : generated
    const told = Object.entries(usage).filter(([, tokens]) => tokens !== undefined)
    return { ...cut, usage: { ...cut.usage, ...Object.fromEntries(told) } }
  }

  /** With a status that no SDK retries, so that the test shows the sentence. */
  #refuse(format: AnswerFormat, status: number, code: string, problem: string): Response {
    this.#problems.push(problem)
    const body = format.error({ status, code, message: `Test model: ${problem}` })
    return Response.json(body, { status, headers: { 'x-should-retry': 'false' } })
  }
}

function callOf({ url, headers }: Request) {
  const told = Object.fromEntries([...headers].filter(([name]) => !KEYS.has(name)))
  return { url, headers: told, outcome: 'pending', status: undefined, usage: undefined } as const
}

function lastWords({ model, messages }: TestCall): string {
  const { role, text } = messages.at(-1)!
  return `model ${model}, last ${role} message '${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`
}
