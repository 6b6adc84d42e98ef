import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort } from 'test-support/free-port'
import { describe, expect, it } from 'vitest'
import { ChaosOutage } from '../chaos/index.ts'
import {
  type FallbackOptions,
  NoToolAvailable,
  type ToolContext,
  ToolTimeoutError,
  ToolUnavailable,
  toolFallbackChain,
} from './fallback.ts'

const unavailable = () => {
  throw new ToolUnavailable('search', { reason: 'no key' })
}
const never = (_: unknown, { signal }: ToolContext) =>
  new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('a fallback chain', () => {
  it('returns the result of the first function that is available', async () => {
    const passed: string[] = []
    const answer = await toolFallbackChain(
      [unavailable, (args: { q: string }) => `found ${args.q}`, () => 'too far'],
      { q: 'x' },
      {
        onFallback: ({ tool, error }) => passed.push(`${tool}: ${(error as Error).message}`),
      },
    )
    expect(answer).toBe('found x')
    expect(passed).toEqual(['unavailable: search is unavailable: no key.'])
  })

  it('throws a wrong argument as it is, and calls no other function', async () => {
    let asked = 0
    const wrong = () => {
      throw new RangeError('no such date')
    }
    await expect(toolFallbackChain([wrong, () => asked++], {})).rejects.toThrow(RangeError)
    expect(asked).toBe(0)
  })

  it('throws every cause when no function is available', async () => {
    const down = () => {
      throw new ChaosOutage('snapshot')
    }
    const error = await toolFallbackChain([unavailable, down], {}).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(NoToolAvailable)
    expect((error as NoToolAvailable).causes.map(({ tool, error }) => [tool, (error as Error).name])).toEqual([
      ['unavailable', 'ToolUnavailable'],
      ['down', 'ChaosOutage'],
    ])
  })

  it('has a timeout for each function, and aborts the signal of a late one', async () => {
    let reason: unknown
    const slow = async (args: unknown, context: ToolContext) => {
      await never(args, context).catch((error: unknown) => {
        reason = error
      })
      return 'late'
    }
    expect(await toolFallbackChain([slow, () => 'in time'], {}, { timeoutMs: 5 })).toBe('in time')
    expect(reason).toBeInstanceOf(ToolTimeoutError)
  })

  it('falls back after a refused connection and after one that is cut', async () => {
    const server = createServer((request) => request.socket.destroy())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const cut = async () => (await fetch(url)).status
    expect(await toolFallbackChain([cut, () => 204], {})).toBe(204)
    await new Promise((resolve) => server.close(resolve))
    const refusing = `http://127.0.0.1:${await freePort()}`
    expect(await toolFallbackChain([async () => (await fetch(refusing)).status, () => 204], {})).toBe(204)
  })

  it('ends at once with the signal, and calls no other function', async () => {
    let asked = 0
    const leave = new AbortController()
    const answer = toolFallbackChain([never, () => String(asked++)], {}, { signal: leave.signal })
    leave.abort(new Error('gone'))
    await expect(answer).rejects.toThrow('gone')
    expect(asked).toBe(0)
  })

  it.each([
    [[], {}, /functions.*at least one function/],
    [[() => 1, 'search'], {}, /functions\[1\].*search/],
    [[() => 1], { timeoutMs: 0 }, /timeoutMs.*0/],
    [[() => 1], { timeoutMS: 5 }, /`timeoutMS`.*`timeoutMs`/],
    [[() => 1], { signal: 'abort' }, /`signal`.*AbortSignal.*abort/],
  ])('refuses %j with %j by name', async (functions, options, message) => {
    await expect(toolFallbackChain(functions as (() => number)[], {}, options as FallbackOptions)).rejects.toThrow(
      message,
    )
  })
})
