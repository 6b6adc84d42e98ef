import { type Ledger, LedgerUnavailableError, type MemoryLedgerOptions, memoryLedger } from '../../src/budget/index.ts'

export type RemoteLedger = Ledger & {
  /** From now on nobody answers. */
  isDown: boolean
  /** Operations that were asked for. */
  asked: number
  /** What is behind the wire. */
  readonly books: Ledger
}

/** A ledger that answers a turn later, as one behind a wire does, until it is down. */
export function remoteLedger(options: MemoryLedgerOptions & { readonly books?: Ledger } = {}): RemoteLedger {
  const { books = memoryLedger(options) } = options
  async function ask<Result>(operation: string, act: () => Result): Promise<Awaited<Result>> {
    remote.asked += 1
    await Promise.resolve()
    if (remote.isDown) throw new LedgerUnavailableError(operation, 'it is down')
    return await act()
  }
  const remote: RemoteLedger = {
    isDown: false,
    asked: 0,
    books,
    reserve: (request) => ask('reserve', () => books.reserve(request)),
    settle: (hold, ...amounts) => ask('settle', () => books.settle(hold, ...amounts)),
    renew: (holds, leaseMs) => ask('renew', () => books.renew(holds, leaseMs)),
    read: (claims, atMs) => ask('read', () => books.read(claims, atMs)),
    setLimit: (change) => ask('set a limit', () => books.setLimit(change)),
    close() {},
  }
  return remote
}
