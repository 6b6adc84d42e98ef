import { describe, expect, it } from 'vitest'
import { classifyFailure, classifyResponse, ERROR_TEXT_LENGTH } from './classify.ts'

const NOW_MS = Date.parse('2026-11-26T12:00:00Z')
const tooLong =
  '{"error":{"code":"context_length_exceeded","message":"This model\'s maximum context length is 128000"}}'
const filtered = '{"error":{"code":"content_filter","message":"The response was filtered"}}'
const SOON = { 'retry-after': '2' }

/** platform.openai.com/docs/guides/error-codes, docs.anthropic.com/en/api/errors, learn.microsoft.com/azure/ai-foundry. */
describe('an answer with the status', () => {
  it.each([
    [200, '', {}, { kind: 'answered' }],
    [399, '', {}, { kind: 'answered' }],
    [400, tooLong, {}, { kind: 'larger' }],
    [400, '{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}', {}, { kind: 'larger' }],
    [400, '{"error":{"code":"string_above_max_length"}}', {}, { kind: 'larger' }],
    [400, filtered, {}, { kind: 'never' }],
    [401, '', {}, { kind: 'never' }],
    [402, '', SOON, { kind: 'never' }],
    [403, '', {}, { kind: 'never' }],
    [404, tooLong, {}, { kind: 'never' }],
    [408, '', SOON, { kind: 'retry' }],
    [409, '', {}, { kind: 'retry' }],
    [413, tooLong, {}, { kind: 'larger' }],
    [413, '{"error":{"type":"request_too_large"}}', {}, { kind: 'never' }],
    [422, '', {}, { kind: 'never' }],
    [429, '', {}, { kind: 'retry', isOverloaded: true }],
    [429, '', SOON, { kind: 'retry', isOverloaded: true, waitMs: 2000 }],
    // It stays so until somebody pays: waiting helps as little as asking again.
    [429, '{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}', SOON, { kind: 'next' }],
    [499, '', {}, { kind: 'never' }],
    [500, '', {}, { kind: 'retry' }],
    [503, '', SOON, { kind: 'retry', waitMs: 2000 }],
    [529, '', {}, { kind: 'retry' }],
    // In milliseconds, in seconds, at a date that is to come or past; what cannot be read says nothing.
    [503, '', { 'retry-after-ms': '1500', 'retry-after': '2' }, { kind: 'retry', waitMs: 1500 }],
    [503, '', { 'retry-after-ms': '0', 'retry-after': '2' }, { kind: 'retry', waitMs: 0 }],
    [503, '', { 'retry-after-ms': '-1', 'retry-after': '2' }, { kind: 'retry', waitMs: 2000 }],
    [503, '', { 'retry-after': '0' }, { kind: 'retry', waitMs: 0 }],
    [503, '', { 'retry-after': 'Thu, 26 Nov 2026 12:00:30 GMT' }, { kind: 'retry', waitMs: 30_000 }],
    [503, '', { 'retry-after': 'Thu, 26 Nov 2026 11:00:00 GMT' }, { kind: 'retry', waitMs: 0 }],
    [503, '', { 'retry-after': 'soon' }, { kind: 'retry' }],
  ] as const)('%i, %s %o', (status, text, headers, verdict) => {
    expect(classifyResponse(status, new Headers(headers), text, NOW_MS)).toStrictEqual(verdict)
  })
})

const OVERLOADED = { kind: 'retry', isOverloaded: true }

describe('an error inside a stream', () => {
  it.each([
    ['of OpenAI, its own', { type: 'server_error', code: null, message: 'The server had an error' }, { kind: 'retry' }],
    ['of OpenAI, too many calls', { type: 'requests', code: 'rate_limit_exceeded' }, OVERLOADED],
    ['of OpenAI, no money left', { type: 'insufficient_quota', code: 'insufficient_quota' }, { kind: 'next' }],
    [
      'of OpenAI, too long',
      { type: 'invalid_request_error', code: 'context_length_exceeded', message: '' },
      { kind: 'larger' },
    ],
    ['of OpenAI, a text too long', { code: 'string_above_max_length', message: '' }, { kind: 'larger' }],
    ['of OpenAI, a wrong prompt', { code: 'invalid_prompt', message: 'violating our usage policy' }, { kind: 'never' }],
    ['of OpenAI, a picture', { code: 'image_content_policy_violation', message: '' }, { kind: 'never' }],
    ['of Azure, a filter', { code: 'content_filter', status: 400 }, { kind: 'never' }],
    ['of Anthropic, overload', { type: 'overloaded_error', message: 'Overloaded' }, { kind: 'retry' }],
    ['of Anthropic, its own', { type: 'api_error', message: 'Internal server error' }, { kind: 'retry' }],
    ['of Anthropic, too many calls', { type: 'rate_limit_error', message: '' }, OVERLOADED],
    ['of Anthropic, a wrong key', { type: 'authentication_error', message: '' }, { kind: 'never' }],
    ['of Anthropic, a forbidden one', { type: 'permission_error', message: '' }, { kind: 'never' }],
    ['of Anthropic, a bill', { type: 'billing_error', message: '' }, { kind: 'never' }],
    ['of Anthropic, no such model', { type: 'not_found_error', message: '' }, { kind: 'never' }],
    ['of Anthropic, too large', { type: 'request_too_large', message: '' }, { kind: 'never' }],
    [
      'of Anthropic, too long',
      { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      { kind: 'larger' },
    ],
    ['of OpenRouter, a target that is down', { code: 502, message: 'Provider returned error' }, { kind: 'retry' }],
    ['of OpenRouter, too many calls', { code: 429, message: '' }, OVERLOADED],
    ['of OpenRouter, moderation', { code: 403, message: '' }, { kind: 'never' }],
    ['of Google, out of room', { code: 429, status: 'RESOURCE_EXHAUSTED', message: '' }, OVERLOADED],
    ['of Google, down', { code: 503, status: 'UNAVAILABLE', message: '' }, { kind: 'retry' }],
    ['of Google, a wrong request', { code: 400, status: 'INVALID_ARGUMENT', message: '' }, { kind: 'never' }],
    ['with the status as a text', { status: '429', message: '' }, OVERLOADED],
    ['that names its kind in the status', { status: 'too_many_requests' }, OVERLOADED],
    // Numbers that are no status of an error say nothing; the names beside them do.
    ['with the status of an answer', { status: 200, code: 'content_filter' }, { kind: 'never' }],
    ['with the status of an answer and no name', { status: 200 }, { kind: 'retry' }],
    ['with a code of the provider', { code: 1301, type: 'content_filter' }, { kind: 'never' }],
    ['with a code just above', { code: 600, type: 'content_filter' }, { kind: 'never' }],
    ['with the least status of an error', { code: 400, type: 'server_error' }, { kind: 'never' }],
    ['that says nothing', {}, { kind: 'retry' }],
  ] as const)('%s', (_, error, verdict) => {
    expect(classifyFailure(error)).toStrictEqual(verdict)
  })

  it('is read from its start, as far as an error before a stream is', () => {
    const far = { code: 400, message: `${'x'.repeat(ERROR_TEXT_LENGTH)} prompt is too long` }
    expect(classifyFailure(far)).toEqual({ kind: 'never' })
  })
})
