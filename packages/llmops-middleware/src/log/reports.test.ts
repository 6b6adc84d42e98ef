import { describe, expect, it } from 'vitest'
import { createLlmOps, type LogFields } from '../index.ts'

/** What one task that throws this leaves in the log. */
async function linesOf(thrown: unknown): Promise<readonly { fields: LogFields; message: string; text: string }[]> {
  const lines: { fields: LogFields; message: string; text: string }[] = []
  const write = (fields: LogFields, message: string) =>
    void lines.push({ fields, message, text: JSON.stringify([fields, message]) })
  const ops = createLlmOps({ logger: { info: write, warn: write, error: write } })
  await ops.task({ tenant: 'contoso' }, () => Promise.reject(thrown)).catch(() => {})
  return lines
}

const only = async (thrown: unknown) => {
  const lines = await linesOf(thrown)
  expect(lines.length).toBe(1)
  return lines[0]!
}

/** An error of axios, whose config, request and response have everything that was sent. */
function axiosError() {
  const headers = { Authorization: 'Bearer 7f3kQ0pZx2', 'x-redash': 'Key mYr3dashK3y' }
  const config = { headers, url: 'https://api.example.com/q', data: '{"q":"salary of Ada"}' }
  const request = { _header: 'POST /q HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXQ=\r\n\r\n', socket: {} as object }
  request.socket = { parser: { socket: request.socket, big: 'x'.repeat(241_000) } }
  const response = { status: 403, config, request, headers: { 'set-cookie': ['id=7f3kQ0pZx2'] }, data: {} }
  const error = Object.assign(new Error('Request failed with status code 403'), { config, request, response })
  return Object.assign(error, { code: 'ERR_BAD_REQUEST', name: 'AxiosError', isAxiosError: true, status: 403 })
}

describe('what users of other loggers met', () => {
  it('axios/axios#6919, #4246, #2648; suthio/redash-mcp#30: headers in the error of a request stay out of the line', async () => {
    const { text, fields } = await only(axiosError())
    expect(text).not.toMatch(/7f3kQ0pZx2|mYr3dashK3y|salary/)
    expect(fields['causes']).toEqual([
      { name: 'AxiosError', message: 'Request failed with status code 403', code: 'ERR_BAD_REQUEST', status: 403 },
    ])
  })

  it('kodustech/kodus-ai#1958: the head of a raw request stays out, and 241 KB make a line of less than 1 KB', async () => {
    const { text } = await only(axiosError())
    expect(text).not.toContain('dXNlcjpwYXQ')
    expect(text.length).toBeLessThan(1000)
    const quoted = await only(new Error(`failed: ${axiosError().request._header}`))
    expect(quoted.text).not.toContain('dXNlcjpwYXQ')
  })

  it('winstonjs/winston#961, oven-sh/bun#22863: a stack that is a circle, and an error that is its own stack', async () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    const error = new Error('odd')
    Object.defineProperty(error, 'stack', { value: circle })
    expect((await only(error)).message).toContain('odd')
    const own = new Error('own')
    Object.defineProperty(own, 'stack', { value: own })
    expect((await only(own)).message).toContain('own')
  })

  it('pinojs/pino-std-serializers#87, #14: the errors of an AggregateError, and causes of causes', async () => {
    const cause = new Error('the disk is full')
    const { fields } = await only(new AggregateError([new Error('one', { cause }), new Error('two')], 'all failed'))
    expect((fields['causes'] as { message: string }[]).map(({ message }) => message)).toEqual([
      'all failed',
      'one',
      'two',
      'the disk is full',
    ])
  })

  it('oven-sh/bun#35825, #37270: errors that hold themselves, each other, or no list at all', async () => {
    const self = Object.assign(new Error('self'), { errors: [] as unknown[] })
    self.errors.push(self)
    self.cause = self
    const [one, other] = [new AggregateError([], 'one'), new AggregateError([], 'other')]
    one.errors = [other]
    other.errors = [one]
    const hostile = new AggregateError([new Error('x')], 'hostile')
    Object.defineProperty(hostile, 'errors', {
      get() {
        throw new Error('no')
      },
    })
    for (const error of [self, one, hostile]) expect((await only(error)).message).toContain(error.message)
  })

  it('oven-sh/bun#31988: a fan of twenty errors at each of eight levels, and a chain of 3,000, are a bounded line', async () => {
    const fan = new AggregateError([], 'fan')
    fan.errors = Array.from({ length: 20 }, () => new AggregateError(Array(20).fill(fan), 'level'))
    let chain = new Error('leaf')
    for (let depth = 0; depth < 3000; depth++) chain = new Error(`level ${depth}`, { cause: chain })
    for (const error of [fan, chain]) {
      const { fields, text } = await only(error)
      expect((fields['causes'] as unknown[]).length).toBe(8)
      expect(text.length).toBeLessThan(3000)
    }
  })

  it('BerriAI/litellm#39964: a key in the query of a URL that a sentence has', async () => {
    const url =
      'https://generativelanguage.googleapis.com/v1beta/models/gemini:generateContent?key=AIzaSyD-9tSrke72PouQMnMX'
    const { message } = await only(new Error(`Client error '400 Bad Request' for url '${url}'`))
    expect(message).toContain(
      "for url 'https://generativelanguage.googleapis.com/v1beta/models/gemini:generateContent?[redacted]'",
    )
  })

  it('steve-goldberg/NocoBot#3: a key that a provider repeats, also a short one at the front of a cut', async () => {
    const { text } = await only(new Error('AuthenticationError: OpenRouter returned 401: API key: sk-or-v1-abc123DEF4'))
    expect(text).not.toContain('abc123')
    const cut = await only(new Error(`${'x '.repeat(140)}sk-or-v1-abc123DEF4567890`))
    expect(cut.text).not.toMatch(/sk-or|abc/)
  })

  it('BerriAI/litellm#38712: a thousand refused keys do not flood the log', async () => {
    const lines: LogFields[] = []
    const write = (fields: LogFields) => void lines.push(fields)
    const ops = createLlmOps({ logger: { info: write, warn: write, error: write } })
    const refused = Object.assign(new Error('LLM Virtual Key expected. Received=undefined'), { code: 'unknown_tenant' })
    for (let call = 0; call < 1000; call++) {
      await ops.task({ tenant: 'contoso' }, () => Promise.reject(refused)).catch(() => {})
    }
    expect(lines.length).toBe(10)
    await ops.close()
    expect(lines.at(-1)).toEqual({ code: 'unknown_tenant', leftOut: 990 })
  })

  it('BerriAI/litellm#906: what is thrown is no error at all, a hostile object, or a message of 50 MB', async () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('trap')
        },
      },
    )
    for (const thrown of [null, undefined, 5, Symbol('s'), hostile, { toString: () => 5 }]) {
      expect((await only(thrown)).fields['code']).toBe('error')
    }
    const { text } = await only(new Error('a'.repeat(50_000_000)))
    expect(text.length).toBeLessThan(1500)
  })

  it('a message cannot write a second line, or colours, into the log', async () => {
    const { fields, message } = await only(new Error('one\n{"level":"error","msg":"forged"}\r\u001b[31mred\u2028two'))
    const cause = (fields['causes'] as { message: string }[])[0]!.message
    expect(`${message}${cause}`).toMatch(/^[^\p{Cc}\u2028\u2029]+$/u)
  })
})
