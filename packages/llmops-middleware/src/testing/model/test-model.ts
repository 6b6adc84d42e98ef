import { AssertionError } from 'node:assert'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ChecksOf, checkOptions, checkValue, required } from '../../check.ts'
import * as wire from '../wire/index.ts'
import { type Delivery, deliver } from './deliver.ts'
import { generatedFor } from './generated-for.ts'
import { readRequest } from './read-request.ts'
import { SCRIPT, SCRIPTED_ANSWER, type Script, type ScriptedAnswer, type TestAnswer } from './script.ts'
import { serve } from './serve.ts'
import type { TestCall } from './test-call.ts'

/** The options of `testModel`. */
export type TestModelOptions = {
  /** The answers of the model. */
  readonly script: Script
}

/** A model that answers from a script, in the formats of the providers. */
export interface TestModel {
  /** Answers a request to any host. The end of its path selects the format. */
  readonly fetch: typeof fetch
  /** The requests, in order. */
  readonly calls: readonly TestCall[]
  /** Why requests could not be answered: they were not understood, or the script had no answer. */
  readonly problems: readonly string[]
  /**
   * Serves the model on loopback, for SDKs that do not accept a `fetch`.
   *
   * @returns the URL, without a path: an SDK of OpenAI takes `${url}/v1`.
   */
  listen(): Promise<string>
  /** Stops serving. */
  close(): Promise<void>
  /**
   * Throws if there were problems, or if answers of the script were not requested.
   *
   * @throws AssertionError with the problems, and the number of unused answers.
   */
  verify(): void
}

export const TEST_MODEL_OPTIONS: ChecksOf<TestModelOptions> = { script: required(SCRIPT) }

/**
 * A model for tests and first steps: no key, no network, the same answer each time.
 *
 * @throws InvalidOptionError if the script, or one of its answers, is invalid.
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

/** By the ends of their paths, wherever a provider or gateway puts them. */
const FORMATS: readonly (readonly [end: string, name: TestCall['format'], format: wire.AnswerFormat])[] = [
  ['/chat/completions', 'chatCompletions', wire.chatCompletions],
  ['/responses', 'responses', wire.responses],
  ['/messages', 'anthropicMessages', wire.anthropicMessages],
  ['/embeddings', 'embeddings', wire.embeddings],
]
const ENDS = FORMATS.map(([end]) => `…${end}`).join(', ')

class ScriptedModel implements TestModel {
  readonly calls: TestCall[] = []
  readonly problems: string[] = []
  readonly #ask: Extract<Script, (...asked: never) => unknown> | undefined
  /** The answers that are left of a list. */
  readonly #left: ScriptedAnswer[]
  #server: Server | undefined

  constructor({ script }: TestModelOptions) {
    this.#ask = typeof script === 'function' ? script : undefined
    this.#left = typeof script === 'function' ? [] : [...script]
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const { signal, method } = request
    signal.throwIfAborted()
    const { pathname } = new URL(request.url)
    const known = FORMATS.find(([end]) => method === 'POST' && pathname.endsWith(end))
    let what = `${method} ${pathname}`
    if (!known)
      return this.#refuse(wire.chatCompletions, 404, `${what} is none of the requests it knows: POST to ${ENDS}.`)
    const [, name, format] = known
    let call: Delivery['call'] | undefined
    try {
      call = await readRequest(name, request)
      const number = this.calls.push(call)
      what += ` (call ${number})`
      const answer = await this.#answerTo(call)
      const generated = generatedFor(call, answer, `test_${number}`)
      return await deliver({ call, format, answer, generated, signal })
    } catch (error) {
      if (call?.outcome === 'broken' || signal.aborted) throw error
      if (call) Object.assign(call, { outcome: 'refused', status: 400 })
      return this.#refuse(format, 400, `${what} has no answer: ${(error as Error).message}`)
    }
  }

  async #answerTo(call: TestCall): Promise<TestAnswer> {
    const isEmbedding = call.format === 'embeddings'
    const said = this.#ask ? await this.#ask(call) : isEmbedding ? {} : this.#left.shift()
    checkValue(said, SCRIPTED_ANSWER, 'answer')
    if (said !== undefined) return typeof said === 'string' ? { text: said } : said
    if (isEmbedding) return {}
    const { role, text } = call.messages.at(-1) ?? { role: 'system', text: call.system }
    const asked = `model ${call.model}, last ${role} message '${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`
    throw new Error(`The script ${this.#ask ? 'returned none' : 'has none left'} (${asked}).`)
  }

  async listen(): Promise<string> {
    await this.close()
    this.#server = await serve(this.fetch)
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    server?.closeAllConnections()
    await server?.[Symbol.asyncDispose]()
  }

  verify(): void {
    const { length } = this.#left
    const unasked = `${length} of the answers of the script were not asked for, after ${this.calls.length} calls.`
    const problems = length > 0 ? [...this.problems, unasked] : this.problems
    if (problems.length > 0) throw new AssertionError({ message: problems.join('\n') })
  }

  /** As an SDK does not retry it, so that the test shows the sentence. */
  #refuse(format: wire.AnswerFormat, status: number, problem: string): Response {
    this.problems.push(problem)
    const body = format.error({ status, code: 'test_model', message: `Test model: ${problem}` })
    return Response.json(body, { status, headers: { 'x-should-retry': 'false' } })
  }
}
