import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { sourceArguments } from 'command-line/source-arguments'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** A bank that pays once for each key, and refuses to pay again. */
class Bank extends EventEmitter<{ asked: [key: string]; paid: [key: string] }> {
  readonly keys: string[] = []
  /** By key. */
  readonly payments = new Map<string, number>()
  /** Whether it pays and says nothing of it. */
  isSilent = false
  readonly server = createServer((request, response) => void this.#pay(request, response))

  async #pay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = String(request.headers['idempotency-key'])
    this.keys.push(key)
    for await (const _ of request);
    if (this.payments.has(key)) return void response.writeHead(409).end(`payment for ${key} was made`)
    this.payments.set(key, 1)
    if (!this.isSilent) response.end(JSON.stringify({ payment: this.payments.size }))
    this.emit('paid', key)
  }
}

let bank: Bank
let url: string
const children: ChildProcess[] = []

beforeEach(async () => {
  bank = new Bank()
  bank.server.listen(0, '127.0.0.1')
  await once(bank.server, 'listening')
  url = `http://127.0.0.1:${(bank.server.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const child of children.splice(0)) await killed(child)
  bank.server.closeAllConnections()
  await new Promise((resolve) => bank.server.close(resolve))
})

function start(text = '{"usd":5}'): ChildProcess {
  const child = fork(join(import.meta.dirname, 'paying-process.ts'), [url, 'order-7', text], {
    execArgv: sourceArguments(),
  })
  children.push(child)
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

const message = async (child: ChildProcess) => (await once(child, 'message'))[0]

describe('a process that pays by a tool and is killed', () => {
  it('has paid nothing when it is killed before, and pays once after its restart', async () => {
    const child = start('{"usd":"five"}')
    expect(await message(child)).toEqual({ asked: true })
    await killed(child)
    expect(bank.keys).toEqual([])
    expect(await message(start())).toEqual({ first: { payment: 1 }, second: { payment: 1 } })
    expect(bank.keys).toEqual(['order-7'])
  })

  it('reaches the bank with the same key after it was killed during the payment, and the bank refuses', async () => {
    bank.isSilent = true
    const child = start()
    await once(bank, 'paid')
    await killed(child)
    bank.isSilent = false
    const { first, second } = await message(start())
    expect(first).toMatch(/payment for order-7 was made/)
    expect(second).toMatch(/called before with the key 'order-7'.*payment for order-7 was made/)
    expect(bank.keys).toEqual(['order-7', 'order-7'])
    expect([...bank.payments]).toEqual([['order-7', 1]])
  })

  it('does the same after it was killed when it was paid', async () => {
    const child = start()
    expect(await message(child)).toEqual({ first: { payment: 1 }, second: { payment: 1 } })
    await killed(child)
    expect((await message(start())).first).toMatch(/payment for order-7 was made/)
    expect(bank.keys).toEqual(['order-7', 'order-7'])
    expect([...bank.payments]).toEqual([['order-7', 1]])
  })
})
