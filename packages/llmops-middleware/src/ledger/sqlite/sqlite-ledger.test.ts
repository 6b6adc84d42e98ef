import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import type { Nanos } from '../../usd.ts'
import { ledgerConformance } from '../conformance/index.ts'
import type { Ledger } from '../ledger.ts'
import { sqliteLedger } from './sqlite-ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'sqlite-ledger-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function newPath(): string {
  files += 1
  return join(folder, `${files}`, 'ledger.db')
}

const claim = { account: 'tenant:contoso', period: 'month', limitNanos: 1_000_000 as Nanos } as const

async function holdOn(ledger: Ledger, id: string, amount = 10) {
  const result = await ledger.reserve({
    id,
    claims: [claim],
    offers: [{ amountNanos: amount as Nanos, floorNanos: amount as Nanos }],
    leaseMs: 60_000,
    leaseEnd: 'charge',
    contendedShare: 1,
  })
  if (!result.granted) throw new Error('refused')
  return result.hold
}

async function spent(ledger: Ledger): Promise<number | undefined> {
  return (await ledger.read([claim]))[0]?.spentNanos
}

describe('the SQLite ledger', () => {
  for (const { name, run } of ledgerConformance) {
    it(name, () => run(({ now }) => sqliteLedger(newPath(), { now, synchronous: 'normal' })))
  }

  it('makes its folder, and counts on after a restart', async () => {
    const path = newPath()
    const before = sqliteLedger(path)
    const open = await holdOn(before, 'open', 300)
    await before.settle(await holdOn(before, 'settled'), 7 as Nanos)
    await before.close()

    const after = sqliteLedger(path)
    expect(await spent(after)).toBe(7)
    expect(await after.settle(open, 100 as Nanos)).toMatchObject({ outcome: 'settled' })
    expect(await spent(after)).toBe(107)
    await after.close()
  })

  it('accepts a file of a release without unknown costs, and shares it with that release', async () => {
    const path = newPath()
    const ledger = sqliteLedger(path)
    await ledger.settle(await holdOn(ledger, 'a'), 7 as Nanos, 7 as Nanos)
    await ledger.close()
    const database = new DatabaseSync(path)
    database.exec('DROP TABLE account_unknown')
    database.close()

    const [one, other] = [sqliteLedger(path), sqliteLedger(path)]
    expect((await one.read([claim]))[0]).toMatchObject({ spentNanos: 7, unknownNanos: 0 })
    await one.settle(await holdOn(one, 'b'), 5 as Nanos, 5 as Nanos)
    // As that release writes: every column that it knows, in place of the row.
    const earlier = new DatabaseSync(path)
    const columns = `period, account, start_ms, spent_nanos, held_nanos, open_holds, limit_nanos, limit_until_ms,
      notices, steps, forget_after_ms`
    earlier.exec(`INSERT OR REPLACE INTO account_period (${columns}) SELECT ${columns} FROM account_period`)
    earlier.close()
    expect((await other.read([claim]))[0]).toMatchObject({ spentNanos: 12, unknownNanos: 5 })
    await Promise.all([one.close(), other.close()])
  })

  it('counts one account for two ledgers on one file', async () => {
    const path = newPath()
    const [one, other] = [sqliteLedger(path), sqliteLedger(path)]
    const holds = await Promise.all([holdOn(one, 'a', 600_000), holdOn(other, 'b', 300_000)])
    await expect(holdOn(one, 'c', 200_000)).rejects.toThrow('refused')
    await Promise.all([other.settle(holds[0], 1 as Nanos), one.settle(holds[1], 2 as Nanos)])
    expect(await spent(one)).toBe(3)
    await Promise.all([one.close(), other.close()])
  })

  it('lets calls of the same turn share a transaction', async () => {
    const path = newPath()
    const ledger = sqliteLedger(path)
    const walBytes = () => statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
    const before = walBytes()
    await Promise.all(Array.from({ length: 100 }, (_, index) => holdOn(ledger, `${index}`)))
    // Each transaction appends at least the page of the account that it changes.
    expect(walBytes() - before).toBeLessThan(100 * 4096)
    await ledger.close()
  })

  it('answers the calls that waited when it is closed, and none after that', async () => {
    const ledger = sqliteLedger(newPath())
    const waiting = holdOn(ledger, 'waiting')
    await ledger.close()
    await expect(waiting).resolves.toMatchObject({ id: 'waiting' })
    await expect(holdOn(ledger, 'late')).rejects.toMatchObject({ code: 'ledger_unavailable' })
    await ledger.close()
  })

  it('says that the file is locked after waiting its time, and goes on when it is free', async () => {
    const path = newPath()
    const ledger = sqliteLedger(path, { waitMs: 20 })
    const database = new DatabaseSync(path)
    database.exec('BEGIN IMMEDIATE')
    await expect(holdOn(ledger, 'blocked')).rejects.toMatchObject({
      code: 'ledger_unavailable',
      message: expect.stringContaining('stayed locked for 20 ms'),
    })
    database.exec('COMMIT')
    database.close()
    await expect(holdOn(ledger, 'free')).resolves.toMatchObject({ id: 'free' })
    await ledger.close()
  })

  it('leaves a file alone that is not a database', () => {
    const path = join(folder, 'notes.txt')
    writeFileSync(path, 'dear diary, '.repeat(1000))
    expect(() => sqliteLedger(path)).toThrow(expect.objectContaining({ code: 'ledger_corrupted', location: path }))
    expect(readFileSync(path, 'utf8')).toBe('dear diary, '.repeat(1000))
  })

  it('leaves the database of another program alone', () => {
    const path = join(folder, 'foreign.db')
    const foreign = new DatabaseSync(path)
    foreign.exec('CREATE TABLE hold (id TEXT)')
    foreign.close()
    expect(() => sqliteLedger(path)).toThrow('it is a database of another program')
  })

  it('leaves a ledger of a newer version alone', async () => {
    const path = newPath()
    await sqliteLedger(path).close()
    const newer = new DatabaseSync(path)
    newer.exec('PRAGMA user_version = 2')
    newer.close()
    expect(() => sqliteLedger(path)).toThrow('it has schema version 2, this release reads 1')
  })

  it('reports a damaged file', async () => {
    const path = newPath()
    const ledger = sqliteLedger(path)
    await Promise.all(Array.from({ length: 200 }, (_, index) => holdOn(ledger, `${index}`)))
    await ledger.close()
    const bytes = readFileSync(path)
    bytes.fill(0xff, 4096)
    writeFileSync(path, bytes)
    expect(() => sqliteLedger(path)).toThrow(expect.objectContaining({ code: 'ledger_corrupted', location: path }))
  })

  it('says that it lasts as long as its file', async () => {
    const path = newPath()
    const ledger = sqliteLedger(path)
    expect(ledger.bound?.()).toContain(`Ledger: SQLite in ${path}. It lasts as long as that file`)
    expect(ledger.bound?.()).toContain('of an App Service instance, every account starts from $0')
    await ledger.close()
  })

  it('forgets holds and periods that no longer count', async () => {
    const path = newPath()
    let nowMs = Date.parse('2026-01-15T00:00:00Z')
    const ledger = sqliteLedger(path, { now: () => nowMs, rememberMs: 3_600_000 })
    const first = await holdOn(ledger, 'first')
    await ledger.settle(first, 10 as Nanos)
    nowMs = Date.parse('2026-03-15T00:00:00Z')
    expect(await ledger.settle(first, 10 as Nanos)).toMatchObject({ outcome: 'duplicate' })
    // By the clock of the sweep before, which may have been ahead for a moment.
    nowMs += 60_000
    expect(await ledger.settle(first, 10 as Nanos)).toMatchObject({ outcome: 'duplicate' })
    expect(await ledger.settle(first, 10 as Nanos)).toMatchObject({ outcome: 'unknown' })
    await ledger.close()
    const database = new DatabaseSync(path)
    expect(database.prepare('SELECT * FROM account_period').all()).toEqual([])
    database.close()
  })

  it.each([
    [{ synchronous: 'off' as 'full' }, '`synchronous`'],
    [{ waitMs: -1 }, '`waitMs`'],
    [{ rememberMs: 5 }, '`rememberMs`'],
  ])('names the option that it cannot use: %j', (options, name) => {
    expect(() => sqliteLedger(newPath(), options)).toThrow(name)
  })
})
