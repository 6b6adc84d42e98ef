import { describe, expect, it, vi } from 'vitest'
import { createLlmOps, type McpNotice, type McpToolsOptions, type Tool } from '../index.ts'
import type { AskModel } from '../repair/index.ts'
import { FakeServer, listed } from './fixtures/fake-server.ts'

const ops = createLlmOps({ budget: { limitUsd: 1 } })

async function toolOf(server: FakeServer, options: McpToolsOptions = {}): Promise<Tool> {
  return (await ops.mcpTools(server.client, options))[0]!
}

const text = (said: string) => ({ content: [{ type: 'text', text: said }] })
const failing = (said: string, more: object = {}) => ({ ...text(said), isError: true, ...more })
const thrownBy = (promise: Promise<unknown>): Promise<Record<string, unknown>> =>
  promise.then(
    () => expect.unreachable('it ran'),
    (error) => error,
  )

describe('what calling a tool means', () => {
  const reading = listed('look', { annotations: { readOnlyHint: true } })
  const repeating = listed('put', { annotations: { readOnlyHint: false, idempotentHint: true } })
  const effects = async (options: McpToolsOptions) =>
    (await ops.mcpTools(new FakeServer(reading, repeating, listed('pay')).client, options)).map(({ effect }) => effect)

  it.each<[string, McpToolsOptions, string[]]>([
    ['is an effect, whatever the server says', {}, ['effect', 'effect', 'effect']],
    ['is what the server says, where it is trusted', { trustAnnotations: true }, ['read', 'idempotent', 'effect']],
    ['is what its caller says of a tool', { effects: { pay: 'read' } }, ['effect', 'effect', 'read']],
    [
      'is what its caller says first',
      { trustAnnotations: true, effects: { look: 'effect' } },
      ['effect', 'idempotent', 'effect'],
    ],
  ])('%s', async (_, options, expected) => {
    expect(await effects(options)).toEqual(expected)
  })
})

describe('arguments', () => {
  const inputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] }

  it('that do not fit the schema do not reach the server', async () => {
    const server = new FakeServer(listed('count', { inputSchema }))
    expect(await thrownBy((await toolOf(server)).call({ n: 'many' }))).toMatchObject({ code: 'repair_failed' })
    expect(server.calls).toEqual([])
  })

  it('are repaired as those of a tool of one’s own', async () => {
    const server = new FakeServer(listed('count', { inputSchema }))
    await (await toolOf(server)).call('{"n":"7",}')
    expect(server.calls.map((call) => call.arguments)).toEqual([{ n: 7 }])
  })

  it('that the server refuses are asked of the model again, where nothing can have happened', async () => {
    const ask = vi.fn<AskModel>(async () => '{"n":2}')
    for (const [options, answer, expected] of [
      [{ effects: { count: 'read' } }, failing('n is too small'), 2],
      // A server of this library says that nothing has run.
      [{}, failing('repair_failed: n', { _meta: { 'llmops/code': 'repair_failed' } }), 2],
      // The twin: an effect may have happened before it failed.
      [{}, failing('n is too small'), 1],
    ] as const) {
      const server = new FakeServer(listed('count', { inputSchema }))
      server.answer = () => (server.calls.length === 1 ? answer : text('done'))
      const tool = await toolOf(server, { ...options, repair: { askModel: ask } })
      await tool.call({ n: 1 }).catch(() => {})
      expect(server.calls).toHaveLength(expected)
    }
  })
})

describe('an effect', () => {
  it('whose answer was lost has an unknown outcome, and is not sent again', async () => {
    const server = new FakeServer(listed('pay'))
    server.answer = () => {
      throw Object.assign(new Error('Connection closed'), { code: -32000 })
    }
    expect(await thrownBy((await toolOf(server)).call({}))).toMatchObject({ code: 'unknown_outcome' })
    expect(server.calls).toHaveLength(1)
  })

  it('is sent once for a key, which the server gets', async () => {
    const server = new FakeServer(listed('pay-once'))
    const tool = await toolOf(server)
    await tool.call({}, { key: 'order-1' })
    await tool.call({}, { key: 'order-1' })
    expect(server.calls.map(({ _meta }) => _meta)).toEqual([{ 'llmops/idempotency-key': 'order-1' }])
  })

  it('of one server is no outcome of that of another, though both have its name, its key and its arguments', async () => {
    const [one, other] = [new FakeServer(listed('pay')), new FakeServer(listed('pay'))]
    const [first, second] = [await toolOf(one), await toolOf(other)]
    await first.call({}, { key: 'invoice 7 of two' })
    expect(await thrownBy(second.call({}, { key: 'invoice 7 of two' }))).toMatchObject({
      code: 'duplicate_call',
      reason: 'other_server',
    })
    expect(other.calls).toEqual([])
    expect(await second.call({}, { key: 'invoice 8 of two' })).toBe('done')
  })

  it('is sent once for a key to a server that says its name, by whatever client', async () => {
    const again = (server: FakeServer) => ({ ...server.client, getServerVersion: () => ({ name: 'bank' }) })
    const [before, after] = [new FakeServer(listed('pay')), new FakeServer(listed('pay'))]
    const [first] = await ops.mcpTools(again(before))
    const [second] = await ops.mcpTools(again(after))
    await first!.call({}, { key: 'invoice 7 again' })
    expect(await second!.call({}, { key: 'invoice 7 again' })).toBe('done')
    expect(after.calls).toEqual([])
  })

  it('has an unknown outcome where the client cannot read the answer', async () => {
    const server = new FakeServer(listed('pay'))
    server.answer = async () => {
      throw Object.assign(new Error('Invalid input: expected string'), { name: 'ZodError' })
    }
    expect(await thrownBy((await toolOf(server)).call({}))).toMatchObject({ code: 'unknown_outcome' })
  })

  it('that only reads has none', async () => {
    const server = new FakeServer(listed('look'))
    await (await toolOf(server, { effects: { look: 'read' } })).call({}, { key: 'order-1' })
    expect(server.calls[0]!._meta).toBeUndefined()
  })
})

describe('limits', () => {
  it('hold for each tool as for one of your own', async () => {
    const server = new FakeServer(listed('look'))
    const tool = await toolOf(server, { effects: { look: 'read' }, maxCalls: 1, maxResultBytes: 100 })
    server.answer = () => text('x'.repeat(1000))
    await ops.task({ tenant: 'contoso' }, async () => {
      expect(((await tool.call({})) as string).length).toBeLessThanOrEqual(100)
      expect(await thrownBy(tool.call({}))).toMatchObject({ code: 'tool_call_limit' })
    })
  })

  it('of time end a call, and its signal aborts the client’s request', async () => {
    const server = new FakeServer(listed('wait'))
    let heard: AbortSignal | undefined
    server.answer = (_, { signal }) => {
      heard = signal
      return new Promise(() => {})
    }
    const tool = await toolOf(server, { effects: { wait: 'read' }, timeoutMs: 1 })
    expect(await thrownBy(tool.call({}))).toMatchObject({ code: 'no_tool_available' })
    expect(heard!.aborted).toBe(true)
  })

  it('of money are held for each call, and for single tools', async () => {
    const server = new FakeServer(listed('cheap'), listed('dear'))
    const [cheap, dear] = await ops.mcpTools(server.client, { costUsd: 0.01, costs: { dear: 5 } })
    await ops.task({ tenant: 'payer' }, async () => {
      await cheap!.call({})
      expect(await thrownBy(dear!.call({}))).toMatchObject({ code: 'budget_exceeded' })
    })
    expect(server.calls.map(({ name }) => name)).toEqual(['cheap'])
    expect((await ops.budget.read('payer')).spentUsd).toBeCloseTo(0.01)
  })
})

describe('a result', () => {
  const image = { type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' }
  const link = { type: 'resource_link', uri: 'file:///plan.md', name: 'plan', _meta: { secret: 1 } }
  const embedded = { type: 'resource', resource: { uri: 'file:///a.txt', mimeType: 'text/plain', text: 'hello' } }

  it.each<[string, object, unknown]>([
    ['of one text is the text', text('seen'), 'seen'],
    [
      'of several texts is one, with a line for each',
      { content: [...text('a').content, ...text('b').content] },
      'a\nb',
    ],
    ['of nothing is an empty text', { content: [] }, ''],
    ['with structured content is that', { content: [], structuredContent: { sum: 3 } }, { sum: 3 }],
    ['with structured content that is a list is that', { content: [], structuredContent: [1, 2] }, [1, 2]],
    ['with structured content that is a text is that', { ...text('hello'), structuredContent: 'hello' }, 'hello'],
    ['with structured content that is false is that', { content: [], structuredContent: false }, false],
    ['with structured content that is null has none', { ...text('hello'), structuredContent: null }, 'hello'],
    [
      'whose text says the structured content again has it once',
      { ...text('{"sum":3}'), structuredContent: { sum: 3 } },
      { sum: 3 },
    ],
    [
      'whose text says something else has both',
      { ...text('One order.'), structuredContent: { orders: [7] } },
      { structuredContent: { orders: [7] }, content: [{ type: 'text', text: 'One order.' }] },
    ],
    [
      'with a picture has its type and size, and no base64 for a model to read',
      { content: [...text('Here.').content, image] },
      {
        content: [
          { type: 'text', text: 'Here.' },
          { type: 'image', mimeType: 'image/png', bytes: 8 },
        ],
      },
    ],
    [
      'with links and resources has what they say',
      { content: [link, embedded] },
      {
        content: [
          { type: 'resource_link', uri: 'file:///plan.md', name: 'plan' },
          { type: 'resource', uri: 'file:///a.txt', mimeType: 'text/plain', text: 'hello' },
        ],
      },
    ],
  ])('%s', async (_, answer, expected) => {
    const server = new FakeServer(listed('look'))
    server.answer = () => answer
    expect(await (await toolOf(server)).call({})).toEqual(expected)
  })

  it('keeps the base64 of a picture if the option says so', async () => {
    const server = new FakeServer(listed('look'))
    server.answer = () => ({ content: [image] })
    const tool = await toolOf(server, { media: 'keep' })
    expect(await tool.call({})).toEqual({
      content: [{ type: 'image', mimeType: 'image/png', bytes: 8, data: image.data }],
    })
  })

  it('that is none is refused', async () => {
    const server = new FakeServer(listed('look'))
    server.answer = () => null
    const tool = await toolOf(server, { effects: { look: 'read' } })
    expect(await thrownBy(tool.call({}))).toMatchObject({ code: 'invalid_result' })
  })
})

describe('options', () => {
  const server = new FakeServer(listed('search'), listed('send.mail'))

  it.each<[string, McpToolsOptions, RegExp]>([
    ['allow', { allow: ['serch'] }, /allow\[0\].*lists search, send\.mail.*Did you mean 'search'/],
    ['effects', { effects: { send_mail: 'read' } }, /effects\['send_mail'\]/],
    ['costs', { costs: { sent: 1 } }, /costs\['sent'\]/],
    ['prefix', { prefix: 'my shop.' }, /`prefix` must be letters/],
  ])('say which of `%s` mean nothing', async (_, options, message) => {
    await expect(ops.mcpTools(server.client, options)).rejects.toThrow(message)
  })

  it('leave out the tools that are not wanted', async () => {
    const tools = await ops.mcpTools(server.client, { allow: ['send.mail'], prefix: 'crm_' })
    expect(tools.map(({ name }) => name)).toEqual(['crm_send_mail'])
  })

  it('are refused for what is no client', async () => {
    await expect(ops.mcpTools({ callTool() {} } as never)).rejects.toThrow(/`client` must be a connected MCP client/)
  })
})

describe('what else is reported', () => {
  it('is a warning of the process if there is no listener', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const server = new FakeServer(listed('look', { inputSchema: { type: 'nonsense' } }))
    await ops.mcpTools(server.client)
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining("'look'"),
      expect.objectContaining({ type: 'McpToolWarning' }),
    )
    warn.mockRestore()
  })

  it('does not stop the tools when the listener fails', async () => {
    const server = new FakeServer(listed('look', { inputSchema: { type: 'nonsense' } }), listed('see'))
    const onNotice = vi.fn((_: McpNotice) => {
      throw new Error('of the listener')
    })
    expect(await ops.mcpTools(server.client, { onNotice })).toHaveLength(2)
    expect(onNotice).toHaveBeenCalledTimes(1)
  })
})
