import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { McpToolRefusedError, UnknownOutcomeError } from '../../src/index.ts'
import { InvalidResultError, RepairableError, RepairFailedError, ToolUnavailable } from '../../src/index.ts'
import { FakeServer, listed } from '../../src/mcp-tools/fixtures/fake-server.ts'
import type { ToolContext, ToolOptions } from '../../src/tool/index.ts'
import { causeOf, failureOf, opsOf, type Remedy } from './remedy.ts'

const ops = opsOf()

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const ARGUMENTS = { city: 'Oslo' }

function tool(options: Partial<ToolOptions> & Pick<ToolOptions, 'run'>) {
  return ops.tool({ name: 'weather', description: 'Tells the weather.', parameters, effect: 'read', ...options })
}

const never = (_: unknown, { signal }: ToolContext) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

/** Cannot be reached the first time. */
function backLater(): () => string {
  let calls = 0
  return () => {
    calls += 1
    if (calls === 1) throw new ToolUnavailable('weather', { reason: 'its service is restarting' })
    return 'sunny'
  }
}

async function times(count: number, call: () => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index += 1) await call()
}

export const TOOLS = {
  repairable: {
    by: 'caller',
    says: ['/city is not a town'],
    async call() {
      const run = ({ city }: { city: string }) => {
        if (city === 'Atlantis') throw new RepairableError([{ path: '/city', message: 'is not a town' }])
        return 'sunny'
      }
      const asking = tool({ run, repair: { askModel: async () => '{"city":"Oslo"}' } })
      return { error: await failureOf(() => run({ city: 'Atlantis' })), again: () => asking.call({ city: 'Atlantis' }) }
    },
  },
  repair_failed: {
    by: 'caller',
    says: ['arguments are not valid', '/city'],
    async call() {
      const weather = tool({ run: () => 'sunny' })
      const error = await failureOf(() => weather.call('{"town":"Oslo"}'))
      const missing = RepairFailedError.isInstance(error) ? error.issues[0]!.path : ''
      return { error, again: () => weather.call({ [missing.slice(1)]: 'Oslo' }) }
    },
  },
  tool_unavailable: {
    by: 'world',
    says: ['weather is unavailable: its service is restarting.'],
    async call() {
      const weather = tool({ effect: 'effect', run: backLater() })
      return { error: causeOf(await failureOf(() => weather.call(ARGUMENTS))), again: () => weather.call(ARGUMENTS) }
    },
  },
  no_tool_available: {
    by: 'world',
    says: ['No tool is available', 'its service is restarting'],
    async call() {
      const weather = tool({ run: backLater(), fallbacks: [backLater()] })
      return { error: await failureOf(() => weather.call(ARGUMENTS)), again: () => weather.call(ARGUMENTS) }
    },
  },
  tool_timeout: {
    by: 'caller',
    says: ['weather did not answer within 5 ms', '`timeoutMs`'],
    async call() {
      let calls = 0
      const run = (args: unknown, context: ToolContext) => (++calls === 1 ? never(args, context) : 'sunny')
      const call = (timeoutMs: number) => tool({ run, timeoutMs }).call(ARGUMENTS)
      return { error: causeOf(await failureOf(() => call(5))), again: () => call(5000) }
    },
  },
  unknown_outcome: {
    by: 'caller',
    says: ['weather was started, and whether it took effect is not known'],
    async call() {
      const done = new Map<string, string>()
      let calls = 0
      const order = tool({
        effect: 'effect',
        timeoutMs: 20,
        run: (args, context) => {
          calls += 1
          if (calls === 1) return never(args, context)
          done.set(context.idempotencyKey!, 'sent')
          return 'sent'
        },
      })
      const error = await failureOf(() => order.call(ARGUMENTS))
      const { idempotencyKey } = error as UnknownOutcomeError
      // Its service never heard of that key.
      const isDone = done.has(idempotencyKey!)
      return { error, again: () => (isDone ? 'sent' : order.call(ARGUMENTS)) }
    },
  },
  duplicate_call: {
    by: 'caller',
    says: ["called before with the key 'order-1'", 'other arguments', 'a different `key`', 'not called again'],
    async call() {
      const order = tool({ effect: 'effect', run: () => 'sent' })
      await order.call({ city: 'Oslo' }, { key: 'order-1' })
      const call = (key: string) => order.call({ city: 'Rome' }, { key })
      return { error: await failureOf(() => call('order-1')), again: () => call('order-2') }
    },
  },
  loop: {
    by: 'caller',
    says: ['weather was called 6 times', 'same arguments and the same result', "`maxRepeats: 'off'`"],
    async call() {
      const polling = (maxRepeats?: 'off') => {
        const weather = tool({ run: () => 'sunny', ...(maxRepeats && { maxRepeats }) })
        return ops.task({}, () => times(6, () => weather.call(ARGUMENTS)))
      }
      return { error: await failureOf(() => polling()), again: () => polling('off') }
    },
  },
  tool_call_limit: {
    by: 'caller',
    says: ['weather may be called once in one task', '`maxCalls`'],
    async call() {
      const twice = (maxCalls: number) => {
        const weather = tool({ run: () => 'sunny', maxCalls })
        return ops.task({}, () => times(2, () => weather.call(ARGUMENTS)))
      }
      return { error: await failureOf(() => twice(1)), again: () => twice(2) }
    },
  },
  tool_result_too_large: {
    by: 'caller',
    says: ['result of weather has more than 10 bytes', '`maxResultBytes`'],
    async call() {
      const call = (maxResultBytes: number) =>
        tool({ run: () => 'sunny all week', output: { type: 'string' }, maxResultBytes }).call(ARGUMENTS)
      return { error: await failureOf(() => call(10)), again: () => call(100) }
    },
  },
  invalid_result: {
    by: 'caller',
    says: ['weather returned a result that its `output` does not accept', '/degrees'],
    async call() {
      const output = { type: 'object', properties: { degrees: { type: 'number' } }, required: ['degrees'] }
      const call = (result: object) => tool({ run: () => result, output }).call(ARGUMENTS)
      const error = await failureOf(() => call({ degrees: 'warm' }))
      return { error, again: () => InvalidResultError.isInstance(error) && call({ degrees: 21 }) }
    },
  },
  mcp_tool_failed: {
    by: 'caller',
    says: ['send_mail failed: There is no such address: ada'],
    async call() {
      const server = new FakeServer(listed('send_mail', { inputSchema: { type: 'object' } }))
      server.answer = ({ arguments: args }) =>
        (args as { to: string }).to === 'ada'
          ? { isError: true, content: [{ type: 'text', text: 'There is no such address: ada' }] }
          : { content: [{ type: 'text', text: 'Sent.' }] }
      const [mail] = await ops.mcpTools(server.client)
      const send = (to: string) => mail!.call({ to })
      return { error: await failureOf(() => send('ada')), again: () => send('ada@example.com') }
    },
  },
  mcp_tool_refused: {
    by: 'caller',
    says: ['send_mail', 'write', 'into'],
    async call() {
      const folder = await mkdtemp(join(tmpdir(), 'remedies-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      const pins = join(folder, 'mail.json')
      const toolOf = async (server: FakeServer) => (await ops.mcpTools(server.client, { pins, onNotice() {} }))[0]!
      await toolOf(new FakeServer(listed('send_mail')))
      const changed = new FakeServer(listed('send_mail', { description: 'Sends to all.' }))
      const call = async () => (await toolOf(changed)).call({})
      const error = await failureOf(call)
      const [, line] = /write ("send_mail": "sha256-[^"]+") into/.exec((error as McpToolRefusedError).message) ?? []
      await writeFile(pins, `{${line}}`)
      return { error, again: call }
    },
  },
} as const satisfies Readonly<Record<string, Remedy>>
