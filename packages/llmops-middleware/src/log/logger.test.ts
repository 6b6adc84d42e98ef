import OpenAI from 'openai'
import { pino } from 'pino'
import { fc } from 'test-support/generated'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { clockByHand } from '../../test/support/clock-by-hand.ts'
import { createLlmOps, type LlmOpsOptions, type LogFields, limitLines } from '../index.ts'

const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello!' } }],
  usage: { prompt_tokens: 20, completion_tokens: 12, total_tokens: 32 },
}
const answers = () => Response.json(COMPLETION)
const throttled = () => Response.json({ error: { message: 'Too many requests today.', code: null } }, { status: 429 })

function agent(respond: () => Response, options: LlmOpsOptions = {}) {
  const ops = createLlmOps({ defaultTenant: 'fabrikam', fetch: (async () => respond()) as typeof fetch, ...options })
  const openai = new OpenAI({ apiKey: 'any', baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0, fetch: ops.fetch })
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  const ask = (more: object = {}) =>
    openai.chat.completions.create({ model: 'gpt-4o', messages, max_tokens: 1000, ...more })
  const fail = () => ops.task({ tenant: 'contoso' }, () => ask()).catch(() => {})
  return { ops, ask, fail }
}

type Line = { readonly level: string; readonly fields: LogFields; readonly message: string }

function recorder() {
  const lines: Line[] = []
  const at = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, fields, message })
  return { lines, logger: { info: at('info'), warn: at('warn'), error: at('error') } }
}

function pinoLines() {
  const written: string[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => void written.push(line) })
  return { logger, written }
}

describe('the log of an agent', () => {
  it('has one line of pino for a failed call and one for its task, in the words of the provider', async () => {
    const { logger, written } = pinoLines()
    const { fail } = agent(throttled, { logger })
    await fail()
    const [call, task] = written.map((line) => JSON.parse(line))
    expect(written.length).toBe(2)
    expect(call).toMatchObject({
      level: 40,
      event: 'call_failed',
      tenant: 'contoso',
      code: 'http_429',
      class: 'provider',
      status: 429,
      sentence: 'Too many requests today.',
      msg: 'A call of contoso to gpt-4o failed with http_429: Too many requests today.',
    })
    expect(task).toMatchObject({
      level: 50,
      event: 'task_failed',
      taskId: call.taskId,
      code: 'http_429',
      causes: [{ name: 'Error', status: 429, message: '429 Too many requests today.' }],
    })
    // Fields of ours would shadow those of the logger.
    for (const line of written) expect(line.match(/"(?:time|level|msg|pid|hostname)":/g)).toHaveLength(5)
  })

  it('has no line for what goes as it was asked', async () => {
    const { lines, logger } = recorder()
    const { ops, ask } = agent(answers, { logger, budget: { limitUsd: 1 } })
    await ops.task({ tenant: 'contoso' }, () => ask())
    expect(lines).toEqual([])
  })

  it('separates a task that its caller ended from one in which the agent failed', async () => {
    const { lines, logger } = recorder()
    const { ops } = agent(answers, { logger })
    await ops.task({ tenant: 'contoso' }, () => Promise.reject(new TypeError('x is undefined'))).catch(() => {})
    await ops.task({ tenant: 'contoso', signal: AbortSignal.abort() }, () => new Promise(() => {})).catch(() => {})
    expect(lines.map(({ level, fields }) => [level, fields['class']])).toEqual([
      ['error', 'agent'],
      ['warn', 'caller'],
    ])
    // Where a mistake was made, though no stack is written.
    expect(lines[0]!.fields['causes']).toMatchObject([
      { name: 'TypeError', at: expect.stringMatching(/logger\.test\.ts/) },
    ])
  })

  it.each([
    [0.0047, 'call_clamped', 'clamped', /clamped to \d+ output tokens/],
    [0.0067, 'call_downshifted', 'downshifted', /downshifted from gpt-4o/],
    [0.01, 'call_refused', 'budget_exceeded', /The budget of tenant:fabrikam is spent/],
  ])('has a line where $%f of a budget of $0.01 is spent: %s', async (usd, event, code, message) => {
    const { lines, logger } = recorder()
    const budget = { limitUsd: 0.01, downshift: { at: 0.6, to: { 'gpt-4o': 'gpt-4o-mini' } } }
    const { ops, ask } = agent(answers, { logger, budget })
    await ops.budget!.charge({ tenant: 'fabrikam', usd, reason: 'test' })
    await ask().catch(() => {})
    expect(lines).toEqual([
      { level: 'warn', fields: expect.objectContaining({ event, code }), message: expect.stringMatching(message) },
    ])
  })

  it('has a line for a call that went to another target, with each attempt', async () => {
    const { lines, logger } = recorder()
    const target = (name: string) => ({ name, model: 'gpt-4o', baseUrl: 'http://127.0.0.1:9/v1' })
    const responses = [throttled, answers]
    const route = { targets: [target('near'), target('far')], retriesPerTarget: 0 }
    await agent(() => responses.shift()!(), { logger, route }).ask()
    expect(lines).toMatchObject([
      { fields: { event: 'call_rerouted', attempts: [{ target: 'near', status: 429 }, { target: 'far' }] } },
    ])
  })

  it('is written as JSON to the console where no logger is given, and nowhere where it is false', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => {})
    onTestFinished(() => void vi.restoreAllMocks())
    await agent(throttled, { logger: false }).fail()
    expect(errors).not.toHaveBeenCalled()
    await agent(throttled).fail()
    await agent(throttled, { logger: console }).fail()
    expect([errors.mock.calls.length, warnings.mock.calls.length]).toEqual([2, 2])
    const [line] = errors.mock.calls[0]!
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      tenant: 'contoso',
      code: 'http_429',
      time: expect.any(String),
    })
  })

  it('changes nothing by a logger that throws, or rejects', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => void vi.restoreAllMocks())
    const throws = () => {
      throw new Error('the disk is full')
    }
    const rejects = (() => Promise.reject(new Error('the socket is closed'))) as () => void
    for (const write of [throws, rejects]) {
      const logger = { info: write, warn: write, error: write }
      const failed = agent(throttled, { logger })
      await expect(failed.ops.task({ tenant: 'contoso' }, () => failed.ask())).rejects.toMatchObject({ status: 429 })
    }
    await new Promise(setImmediate)
    expect(warned).toHaveBeenCalledTimes(2)
  })

  it('reports what was left out when it is closed', async () => {
    const { lines, logger } = recorder()
    const { ops, fail } = agent(throttled, { logger })
    for (let task = 0; task < 12; task++) await fail()
    // Of 12 calls and 12 tasks, which have the same code.
    expect(lines.length).toBe(10)
    await ops.close()
    expect(lines.slice(10)).toEqual([
      {
        level: 'error',
        fields: { code: 'http_429', leftOut: 14 },
        message: '14 more lines were left out: at most ten with one code are written per minute.',
      },
    ])
  })
})

describe('a logger with limits', () => {
  it('writes ten lines with one code, and the count of the rest when the minute of the first is over', () => {
    const { lines, logger } = recorder()
    const clock = clockByHand()
    const limited = limitLines(logger, clock.timing)
    for (let line = 0; line < 25; line++) {
      clock.turnTo(line * 1000)
      limited.warn({ code: 'bad_request' }, `line ${line}`)
    }
    limited.error({ code: 'other_one' }, 'another code has lines of its own')
    expect(lines.length).toBe(11)
    clock.turnTo(59_999)
    expect(lines.length).toBe(11)
    clock.turnTo(60_000)
    expect(lines[11]).toMatchObject({ level: 'warn', fields: { code: 'bad_request', leftOut: 15 } })
    expect(clock.open()).toBe(0)
  })

  it('counts lines without a code by their sentence, and the lines of all who share it', () => {
    const { lines, logger } = recorder()
    const limited = limitLines(logger, clockByHand().timing)
    expect(limitLines(limited)).toBe(limited)
    for (let line = 0; line < 11; line++) limited.info({}, 'started')
    expect(lines.length).toBe(10)
  })

  it('never writes more than ten lines with one code in any minute, and loses none', () => {
    const step = fc.record({
      afterMs: fc.nat({ max: 20_000 }),
      code: fc.constantFrom('a', 'b'),
      burst: fc.nat({ max: 15 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = clockByHand()
        const written: { readonly atMs: number; readonly code: string; readonly leftOut: number }[] = []
        const write = ({ code, leftOut = 0 }: LogFields) =>
          void written.push({ atMs: clock.timing.epochMs(), code: code as string, leftOut: leftOut as number })
        const limited = limitLines({ info: write, warn: write, error: write }, clock.timing)
        let nowMs = 0
        let asked = 0
        for (const { afterMs, code, burst } of steps) {
          nowMs += afterMs
          clock.turnTo(nowMs)
          for (let line = 0; line < burst; line++, asked++) limited.warn({ code }, 'text')
        }
        limited.flush()
        const lines = written.filter(({ leftOut }) => leftOut === 0)
        for (const { atMs, code } of lines) {
          const inMinute = lines.filter((line) => line.code === code && line.atMs > atMs - 60_000 && line.atMs <= atMs)
          expect(inMinute.length).toBeLessThanOrEqual(10)
        }
        expect(lines.length + written.reduce((sum, { leftOut }) => sum + leftOut, 0)).toBe(asked)
      }),
    )
  })

  it('remembers a bounded number of codes: what is past them counts together', () => {
    const { lines, logger } = recorder()
    const clock = clockByHand()
    const limited = limitLines(logger, clock.timing)
    for (let code = 0; code < 100_000; code++) limited.warn({ code: `code_${code}` }, 'text')
    expect(lines.length).toBe(210)
    clock.turnTo(120_000)
    limited.warn({ code: 'after a quiet minute' }, 'text')
    expect(lines.at(-1)!.fields['code']).toBe('after a quiet minute')
  })
})
