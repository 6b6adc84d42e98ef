import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { tracedOps } from '../../test/support/traced-ops.ts'

const PROMPT = 'Please tell Ada Lovelace of 12 St James Square that her prescription is ready.'
const KEY = 'sk-proj-Qm3vT8xLr2pN7wKd5sHb9fJc'

const setUp = (fetchOfProvider: typeof fetch = async () => Response.json({})) =>
  tracedOps({ defaultTenant: 'contoso', logger: false, fetch: fetchOfProvider })

/** Each span's exceptions, by the name of the span. */
const exceptionsOf = ({ telemetry }: ReturnType<typeof setUp>) =>
  telemetry.spans.flatMap(({ name, events }) =>
    events.filter((event) => event.name === 'exception').map(({ attributes }) => ({ span: name, ...attributes })),
  )

class WithTraps extends Error {
  constructor() {
    super('said')
    for (const name of ['message', 'name', 'code', 'stack', 'cause', 'status'])
      Object.defineProperty(this, name, {
        get() {
          throw new Error(`${name} cannot be read`)
        },
      })
  }
}

const trapped = () =>
  new Proxy(new Error('said'), {
    get() {
      throw new Error('nothing can be read')
    },
    getPrototypeOf() {
      throw new Error('nor what it is')
    },
  })

describe.each([
  ['an error whose getters throw', () => new WithTraps()],
  ['a proxy whose traps throw', trapped],
])('%s', (_, make) => {
  it('reaches who awaits the task, and its span ends as failed', async () => {
    const setup = setUp()
    const thrown = make()
    const ended = setup.ops.task({ name: 'support' }, () => Promise.reject(thrown))
    await expect(ended.catch((error) => Object.is(error, thrown))).resolves.toBe(true)
    expect(setup.telemetry.spans[0]).toMatchObject({ name: 'invoke_agent support', status: { code: 2 } })
    await expect(setup.telemetry.points('agent.task.failure')).resolves.toHaveLength(1)
  })

  it('reaches who calls the tool that threw it, which counts as failed', async () => {
    const setup = setUp()
    const thrown = make()
    const tool = setup.ops.tool({
      name: 'lookup',
      description: 'Looks up',
      effect: 'read',
      parameters: { type: 'object' },
      run: () => Promise.reject(thrown),
    })
    await expect(tool.call({}).catch((error) => Object.is(error, thrown))).resolves.toBe(true)
    expect(setup.telemetry.spans[0]).toMatchObject({ name: 'execute_tool lookup', status: { code: 2 } })
    await expect(setup.telemetry.points('agent.tool.success')).resolves.toMatchObject([
      { attributes: { status: 'error', 'error.type': '_OTHER' } },
    ])
  })

  it('reaches who asks a model over a fetch that threw it, and the call counts as failed', async () => {
    const thrown = make()
    const setup = setUp(() => Promise.reject(thrown))
    const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })
    const asked = setup.ops.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body })
    await expect(asked.catch((error) => Object.is(error, thrown))).resolves.toBe(true)
    expect(setup.telemetry.spans[0]).toMatchObject({ name: 'chat gpt-4o', status: { code: 2 } })
  })
})

describe('the exception of a span', () => {
  it('says what was thrown and where', async () => {
    const setup = setUp()
    await setup.ops.task({ name: 'support' }, () => Promise.reject(new RangeError('no such page'))).catch(() => {})
    expect(exceptionsOf(setup)).toEqual([
      {
        span: 'invoke_agent support',
        'exception.type': 'RangeError',
        'exception.message': 'no such page',
        'exception.stacktrace': expect.stringMatching(/^RangeError: no such page\n {4}at .*record-error\.test\.ts/),
      },
    ])
  })

  it('does not quote the prompt that a provider refused, nor the key that was sent', async () => {
    const refusal = () =>
      Response.json({ error: { message: `Invalid value: '${PROMPT}'. Incorrect key: ${KEY}` } }, { status: 400 })
    const setup = setUp(async () => refusal())
    const openai = new OpenAI({ apiKey: KEY, baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0, fetch: setup.ops.fetch })
    const asked = setup.ops.task({ name: 'support' }, () =>
      openai.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: PROMPT }] }),
    )
    await expect(asked).rejects.toThrow(PROMPT)
    const all = JSON.stringify(
      setup.telemetry.spans.map(({ attributes, events, status }) => [attributes, events, status]),
    )
    expect(exceptionsOf(setup)).not.toHaveLength(0)
    expect(all).not.toContain('Lovelace')
    expect(all).not.toContain(KEY)
  })

  it('does not quote the arguments that a tool was given', async () => {
    const setup = setUp()
    const tool = setup.ops.tool({
      name: 'send',
      description: 'Sends',
      effect: 'read',
      parameters: { type: 'object', properties: { text: { type: 'string' } } },
      run: ({ text }: { text: string }) => Promise.reject(new Error(`cannot send ${text} with ${KEY}`)),
    })
    await expect(tool.call({ text: PROMPT })).rejects.toThrow(PROMPT)
    const exceptions = exceptionsOf(setup)
    expect(exceptions).toMatchObject([{ 'exception.message': expect.stringMatching(/^cannot send \[…\]/) }])
    expect(JSON.stringify(exceptions)).not.toMatch(/Lovelace|sk-proj/)
  })

  it('is small, however much an error says, and whatever code it has', async () => {
    const setup = setUp()
    const thrown = Object.assign(new Error('x '.repeat(500_000)), { code: 'y'.repeat(100_000) })
    const tool = setup.ops.tool({
      name: 'read',
      description: 'Reads',
      effect: 'read',
      parameters: { type: 'object' },
      run: () => Promise.reject(thrown),
    })
    await setup.ops.task({ name: 'support' }, () => tool.call({})).catch(() => {})
    expect(exceptionsOf(setup)).toHaveLength(2)
    for (const { attributes, events } of setup.telemetry.spans) {
      const values = [attributes, ...events.map((event) => event.attributes ?? {})].flatMap((one) => Object.values(one))
      expect(Math.max(...values.map((value) => String(value).length))).toBeLessThan(10_000)
    }
  })
})
