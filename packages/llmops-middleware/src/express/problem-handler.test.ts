import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { APICallError, RetryError } from 'ai'
import express from 'express'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import { ChaosMalformed, ChaosOutage, ChaosThrottled } from '../chaos/index.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import { InvalidOptionError } from '../errors.ts'
import { DuplicateCallError, NoToolAvailable, ToolUnavailable, UnknownOutcomeError } from '../tool/index.ts'
import { problemHandler } from './problem-handler.ts'

// Express 4, on which these run too, is the last to have `del`. It reads fewer encodings.
const ENCODINGS = 'del' in express.application ? ['gzip', 'deflate'] : ['gzip', 'deflate', 'br', 'zstd']

async function answerTo(error: unknown, describeError?: Parameters<typeof problemHandler>[0]) {
  const logged: unknown[] = []
  const url = await serve((app) => {
    app.get('/', (_request, _response, next) => next(error))
    app.use(problemHandler({ log: (error) => logged.push(error), ...describeError }))
  })
  const response = await fetch(url)
  const text = await response.text()
  expect(response.headers.get('content-type')).toMatch('application/problem+json')
  expect(text).not.toMatch(/\bat .*\.(js|ts)/)
  return { status: response.status, headers: response.headers, body: JSON.parse(text), logged }
}

function apiError(status: number, code: string, headers: Record<string, string> = {}, more = {}) {
  return OpenAI.APIError.generate(status, { error: { message: 'm', code, ...more } }, undefined, new Headers(headers))
}

describe('an error of this library', () => {
  it.each([
    [new DeadlineExceededError('t1', 0), 504, 'deadline_exceeded', null],
    [new ChaosOutage('lookup'), 503, 'chaos_outage', '5'],
    [new ChaosThrottled('lookup', 2500), 429, 'chaos_throttled', '3'],
    [new ChaosMalformed('lookup'), 502, 'chaos_malformed', null],
    [Object.assign(new Error('none left'), { code: 'no_tool_available' }), 503, 'no_tool_available', '5'],
    [Object.assign(new Error('slow'), { code: 'tool_timeout' }), 504, 'tool_timeout', null],
    [Object.assign(new Error('who knows'), { code: 'unknown_outcome' }), 502, 'unknown_outcome', null],
    [Object.assign(new Error('spent'), { code: 'budget_exceeded' }), 402, 'budget_exceeded', null],
  ])('has a status and a code: %s', async (error, status, code, retryAfter) => {
    const answer = await answerTo(error)
    expect(answer).toMatchObject({ status, body: { status, code, type: `urn:llmops:problem:${code}` }, logged: [] })
    expect(answer.headers.get('retry-after')).toBe(retryAfter)
  })

  it('shows nothing of what a function of a tool threw', async () => {
    const error = new Error('connect ECONNREFUSED 10.0.0.5 password=hunter2')
    for (const thrown of [
      new NoToolAvailable([{ tool: 'lookup', error }]),
      new ToolUnavailable('bank', { reason: error.message }),
      new DuplicateCallError('pay', 'k', 'failed', error.message),
      new UnknownOutcomeError('pay', { idempotencyKey: 'k', causes: [{ tool: 'pay', error }], result: 'half' }),
    ]) {
      const { body } = await answerTo(thrown)
      expect(body.code).toBe(thrown.code)
      expect(JSON.stringify(body)).not.toContain('hunter2')
      // Whoever reads the log sees it.
      expect(thrown.message).toContain('hunter2')
    }
  })

  it('says when a budget resets', async () => {
    const error = Object.assign(new Error('spent'), { code: 'budget_exceeded', resetsAt: '2026-12-01T00:00:00.000Z' })
    expect((await answerTo(error)).body).toMatchObject({ resetsAt: '2026-12-01T00:00:00.000Z' })
  })

  it('is not shown when it is a mistake in our own settings', async () => {
    const { status, body, logged } = await answerTo(new InvalidOptionError('ledger', 'secret', 'x'))
    expect(status).toBe(500)
    expect(body.detail).not.toContain('secret')
    expect(logged).toHaveLength(1)
  })
})

describe('an error of a model SDK', () => {
  it.each([
    [402, 'budget_exceeded', 402, 'budget_exceeded'],
    [429, 'rate_limit_exceeded', 429, 'model_throttled'],
    [503, 'service_unavailable', 503, 'model_unavailable'],
    [400, 'invalid_request', 502, 'model_refused'],
    [400, 'content_filter', 422, 'content_filter'],
    [400, 'invalid_prompt', 422, 'invalid_prompt'],
    [400, 'context_length_exceeded', 413, 'context_length_exceeded'],
    [502, 'malformed_response', 502, 'malformed_response'],
    [402, 'unknown_model_price', 402, 'unknown_model_price'],
  ])('of status %i becomes a problem of ours', async (status, code, ourStatus, ourCode) => {
    const { status: answered, body } = await answerTo(apiError(status, code))
    expect([answered, body.code]).toEqual([ourStatus, ourCode])
  })

  it.each([
    [429, 'rate_limit_exceeded', 429, 'model_throttled'],
    [503, 'service_unavailable', 503, 'model_unavailable'],
    [400, 'bad_schema', 502, 'model_refused'],
    [400, 'content_filter', 422, 'content_filter'],
    [undefined, 'none', 503, 'model_unavailable'],
  ])(
    'of status %s is the same problem from the AI SDK, alone, retried or wrapped',
    async (statusCode, code, ourStatus, ourCode) => {
      const error = new APICallError({
        message: 'hunter2',
        url: 'https://api.openai.com/v1',
        requestBodyValues: {},
        ...(statusCode && { statusCode, responseHeaders: { 'retry-after': '17' } }),
        responseBody: JSON.stringify({ error: { message: 'm', code } }),
      })
      const retried = new RetryError({ message: 'x', reason: 'maxRetriesExceeded', errors: [error, error] })
      for (const thrown of [error, retried, new Error('of an application', { cause: error })]) {
        const { status, headers, body, logged } = await answerTo(thrown)
        expect([status, body.code, logged]).toEqual([ourStatus, ourCode, []])
        expect(JSON.stringify(body)).not.toContain('hunter2')
        if (statusCode === 429) expect(headers.get('retry-after')).toBe('17')
      }
    },
  )

  it('inside of a tool is the failure of the tool', async () => {
    const cause = apiError(400, 'context_length_exceeded')
    const { status, body } = await answerTo(new ToolUnavailable('summarize', { cause }))
    expect([status, body.code]).toEqual([503, 'tool_unavailable'])
  })

  it('without an answer says that the model cannot be reached', async () => {
    const { status, body } = await answerTo(new OpenAI.APIConnectionError({ message: 'x' }))
    expect([status, body.code]).toEqual([503, 'model_unavailable'])
  })

  it('passes on how long to wait', async () => {
    const { headers } = await answerTo(apiError(429, 'rate_limit_exceeded', { 'retry-after': '17' }))
    expect(headers.get('retry-after')).toBe('17')
  })

  it('passes on why a budget refused, what is needed and what is left', async () => {
    const facts = { reason: 'does_not_fit', needed_usd: 0.02, left_usd: 0.01, limit_usd: 5, scope: 'tenant:contoso' }
    const { body } = await answerTo(apiError(402, 'budget_exceeded', {}, facts))
    expect(body).toMatchObject({ reason: 'does_not_fit', neededUsd: 0.02, leftUsd: 0.01, limitUsd: 5 })
    expect(body['title']).not.toMatch(/spent/)
  })

  it('passes on when the budget resets', async () => {
    const refusal = { resets_at: '2026-12-01T00:00:00.000Z', scope: 'tenant:contoso' }
    const { body } = await answerTo(apiError(402, 'budget_exceeded', {}, refusal))
    expect(body).toMatchObject({ resetsAt: '2026-12-01T00:00:00.000Z', scope: 'tenant:contoso' })
  })
})

it('an unknown error is a 500 that says nothing, and is logged', async () => {
  const error = new Error('password is hunter2')
  const { status, body, logged } = await answerTo(error)
  expect(status).toBe(500)
  expect(JSON.stringify(body)).not.toContain('hunter2')
  expect(logged).toEqual([error])
})

it('whatever is thrown is answered', async () => {
  for (const thrown of ['text', null, { code: 'toString' }, 42]) {
    expect((await answerTo(thrown ?? new Error())).status).toBe(500)
  }
})

it('an application describes its own errors', async () => {
  const describe = () => ({ status: 418, code: 'teapot', title: 'Teapot', detail: 'Short and stout.' })
  expect(await answerTo(new Error('x'), { describe })).toMatchObject({ status: 418, body: { code: 'teapot' } })
})

describe('a request that cannot be read is a problem of its sender', () => {
  const setUp = () =>
    serve((app) => {
      app.get('/orders/:id', (_request, response) => void response.end())
      app.use(express.json({ limit: 30 }))
      app.use(express.text({ type: 'text/*' }))
      app.use(problemHandler())
    })
  async function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
    const url = await setUp()
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
    const { code, field } = (await response.json()) as { code: string; field?: string }
    return [response.status, code, field]
  }

  it('when its body is not JSON, or too large', async () => {
    expect(await post('{')).toEqual([400, 'invalid_request', 'body'])
    expect(await post('{"a": "12345678901234567890123456789"}')).toEqual([413, 'body_too_large', undefined])
  })

  it.each(ENCODINGS)('when its body is not the %s that it says it is', async (encoding) => {
    expect(await post('x', { 'content-encoding': encoding })).toEqual([400, 'invalid_request', 'body'])
  })

  const COMPRESS = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }
  it.each(ENCODINGS)('when its body ends within its %s', async (encoding) => {
    const compress = COMPRESS[encoding as keyof typeof COMPRESS]
    const whole = new Uint8Array(compress('{"prompt": "hello"}'))
    expect(await post(whole.subarray(0, -6), { 'content-encoding': encoding })).toEqual([
      400,
      'invalid_request',
      'body',
    ])
    // The whole of it is read: nobody answers it here.
    const url = await setUp()
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    expect((await fetch(url, { method: 'POST', headers, body: whole })).status).toBe(404)
  })

  it.each([
    [{ 'content-encoding': 'snappy' }, 415],
    [{ 'content-type': 'text/plain; charset=klingon' }, 415],
  ])('when its encoding is unknown: %j', async (headers, status) => {
    expect(await post('x', headers)).toEqual([status, 'invalid_request', 'body'])
  })

  it.each(['%', '%FF', '%E0%A4%A'])('when its path cannot be decoded: %s', async (path) => {
    const response = await fetch(`${await setUp()}/orders/${path}`)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ code: 'invalid_request', field: 'path' })
  })

  it('when middleware refuses it with a status and a message that may be shown', async () => {
    const error = Object.assign(new Error('no such file'), { status: 416, expose: true })
    expect(await answerTo(error)).toMatchObject({ status: 416, body: { detail: 'no such file' }, logged: [] })
  })

  it.each([
    ['a path of our own that cannot be decoded', new URIError('URI malformed')],
    ['a status that may not be shown', Object.assign(new Error('hunter2'), { status: 400 })],
    ['a body that middleware has consumed', Object.assign(new Error('consumed'), { status: 500, expose: true })],
  ])('but not %s', async (_, error) => {
    expect((await answerTo(error)).status).toBe(500)
  })
})

it('an answer that has begun is cut, never finished as if it were whole', async () => {
  const url = await serve((app) => {
    app.get('/', (_request, response) => {
      response.write('half an ans')
      throw new Error('broke')
    })
    app.use(problemHandler({ log: () => {} }))
  })
  const response = await fetch(url)
  await expect(response.text()).rejects.toThrow()
})
