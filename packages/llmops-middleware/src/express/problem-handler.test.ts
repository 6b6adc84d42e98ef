import express from 'express'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { ChaosMalformed, ChaosOutage, ChaosThrottled } from '../chaos/index.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import { InvalidOptionError } from '../errors.ts'
import { serve } from './fixtures/serve.ts'
import { problemHandler } from './problem-handler.ts'

async function answerTo(error: unknown, describeError?: Parameters<typeof problemHandler>[0]) {
  const logged: unknown[] = []
  const url = await serve((app) => {
    app.get('/', () => Promise.reject(error))
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
  test.each([
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

  test('says when a budget resets', async () => {
    const error = Object.assign(new Error('spent'), { code: 'budget_exceeded', resetsAt: '2026-12-01T00:00:00.000Z' })
    expect((await answerTo(error)).body).toMatchObject({ resetsAt: '2026-12-01T00:00:00.000Z' })
  })

  test('is not shown when it is a mistake in our own settings', async () => {
    const { status, body, logged } = await answerTo(new InvalidOptionError('ledger', 'secret', 'x'))
    expect(status).toBe(500)
    expect(body.detail).not.toContain('secret')
    expect(logged).toHaveLength(1)
  })
})

describe('an error of a model SDK', () => {
  test.each([
    [402, 'budget_exceeded', 402, 'budget_exceeded'],
    [429, 'rate_limit_exceeded', 429, 'model_throttled'],
    [503, 'service_unavailable', 503, 'model_unavailable'],
    [400, 'invalid_request', 502, 'model_refused'],
    [400, 'content_filter', 422, 'content_filter'],
    [400, 'context_length_exceeded', 413, 'context_length_exceeded'],
    [502, 'malformed_response', 502, 'malformed_response'],
    [402, 'unknown_model_price', 402, 'unknown_model_price'],
  ])('of status %i becomes a problem of ours', async (status, code, ourStatus, ourCode) => {
    const { status: answered, body } = await answerTo(apiError(status, code))
    expect([answered, body.code]).toEqual([ourStatus, ourCode])
  })

  test('without an answer says that the model cannot be reached', async () => {
    const { status, body } = await answerTo(new OpenAI.APIConnectionError({ message: 'x' }))
    expect([status, body.code]).toEqual([503, 'model_unavailable'])
  })

  test('hands on how long to wait', async () => {
    const { headers } = await answerTo(apiError(429, 'rate_limit_exceeded', { 'retry-after': '17' }))
    expect(headers.get('retry-after')).toBe('17')
  })

  test('hands on when the budget resets', async () => {
    const refusal = { resets_at: '2026-12-01T00:00:00.000Z', scope: 'tenant:contoso' }
    const { body } = await answerTo(apiError(402, 'budget_exceeded', {}, refusal))
    expect(body).toMatchObject({ resetsAt: '2026-12-01T00:00:00.000Z', scope: 'tenant:contoso' })
  })
})

test('an unknown error is a 500 that says nothing, and is logged', async () => {
  const error = new Error('password is hunter2')
  const { status, body, logged } = await answerTo(error)
  expect(status).toBe(500)
  expect(JSON.stringify(body)).not.toContain('hunter2')
  expect(logged).toEqual([error])
})

test('whatever is thrown is answered', async () => {
  for (const thrown of ['text', null, { code: 'toString' }, 42]) {
    expect((await answerTo(thrown ?? new Error())).status).toBe(500)
  }
})

test('an application describes its own errors', async () => {
  const describe = () => ({ status: 418, code: 'teapot', title: 'Teapot', detail: 'Short and stout.' })
  expect(await answerTo(new Error('x'), { describe })).toMatchObject({ status: 418, body: { code: 'teapot' } })
})

test('a body that cannot be read is a problem', async () => {
  const url = await serve((app) => {
    app.use(express.json({ limit: 10 }))
    app.use(problemHandler())
  })
  const post = async (body: string) => {
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    return [response.status, ((await response.json()) as { code: string }).code]
  }
  expect(await post('{')).toEqual([400, 'invalid_request'])
  expect(await post('{"a": "1234567890"}')).toEqual([413, 'body_too_large'])
})

test('an answer that has begun is cut, never finished as if it were whole', async () => {
  const url = await serve((app) => {
    app.get('/', async (_request, response) => {
      response.write('half an ans')
      throw new Error('broke')
    })
    app.use(problemHandler({ log: () => {} }))
  })
  const response = await fetch(url)
  await expect(response.text()).rejects.toThrow()
})
