import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import {
  CALL_USD,
  failing,
  NOON,
  scriptedEvents,
  TurnedClock,
  temporaryFolder,
  watchedAgent,
} from '../../test/support/watched-agent.ts'

type Agent = Awaited<ReturnType<typeof watchedAgent>>
const overviewOf = async (agent: Agent, window = '5m') => (await agent.get(`api/overview?window=${window}`)).body
const idsOf = async (agent: Agent, query = '') =>
  (await agent.get(`api/tasks?${query}`)).body.tasks.map(({ id }: { id: string }) => id)

/** Processes on one file, under one clock. */
function processes(path = join(temporaryFolder(), 'data', 'history.db')) {
  const clock = new TurnedClock()
  const start = (facts: Record<string, string> = {}, history: object = {}, more: object = {}) =>
    watchedAgent({ clock, dashboard: { history: { path, ...history }, facts }, ...more })
  return { clock, path, start }
}

describe('a history in a file', () => {
  it('survives a restart: figures of every window, tasks and marks', async () => {
    const { clock, start } = processes()
    const before = await start({ release: 'v1' })
    before.answer(failing)
    await before.task('contoso', 'bad')
    clock.turn(120_000)
    before.answer(() => failing(500))
    await before.task('contoso', 'late')
    clock.turn(2000)
    before.router.close()

    const after = await start({ release: 'v1' })
    await after.task('contoso', 'new')
    for (const window of ['5m', '1h', '24h']) {
      const { tasks, freshness, marks } = await overviewOf(after, window)
      expect(tasks).toMatchObject({ ended: 3, succeeded: 1, failed: { provider: 2 } })
      expect(tasks.reasons).toHaveLength(2)
      expect(freshness.sinceMs).toBeLessThanOrEqual(NOON)
      expect(freshness.keptIn).toBe('file')
      expect(marks.map(({ kind }: { kind: string }) => kind)).toEqual(['start', 'breach', 'start'])
    }
    expect(await idsOf(after)).toEqual(['new', 'late', 'bad'])
    expect((await after.get('api/tasks/bad')).body).toMatchObject({
      facts: { release: 'v1' },
      calls: [{ kind: 'model' }],
    })
  })

  it('survives the end of a process that could say nothing, but for the last seconds', async () => {
    const { clock, start } = processes()
    const before = await start()
    await before.task('contoso', 'one')
    clock.turn(6000)
    // It is never closed.
    const after = await start()
    expect((await overviewOf(after)).tasks.ended).toBe(1)
    expect(await idsOf(after)).toEqual(['one'])
  })

  it('counts nothing twice, however often it is started', async () => {
    const { clock, start } = processes()
    for (let count = 1; count <= 4; count++) {
      const agent = await start()
      await agent.task()
      clock.turn(7000)
      expect((await overviewOf(agent, '24h')).tasks.ended).toBe(count)
      expect((await overviewOf(agent, '24h')).cost.usd).toBeCloseTo(count * CALL_USD, 9)
      agent.router.close()
    }
  })

  it.each([
    ['a release that came to its slot', ['v1 production', 'v2 production'], 'promotion', 'v2 in production, after v1'],
    ['a swap', ['v1 production', 'v2 staging', 'v2 production'], 'swap', 'v2 in production, from staging'],
    [
      'a swap back',
      ['v1 production', 'v2 production', 'v1 staging', 'v1 production'],
      'swap',
      'v1 in production, from staging',
    ],
    ['a restart', ['v1 production', 'v2 staging', 'v1 production'], 'start', 'v1 in production'],
    ['a first start', ['v1 production'], 'start', 'v1 in production'],
  ])('marks %s', async (_, begun, kind, label) => {
    const { clock, start } = processes()
    for (const [index, process] of begun.entries()) {
      const [release = '', slot = ''] = process.split(' ')
      const agent = await start({ release, slot })
      if (index === begun.length - 1) expect((await overviewOf(agent)).marks[0]).toMatchObject({ kind, label })
      clock.turn(1000)
      agent.router.close()
    }
  })

  it('shows in each of two processes what both did, after a few seconds', async () => {
    const { clock, start } = processes()
    const [one, other] = [await start({ slot: 'production' }), await start({ slot: 'staging' })]
    one.answer(failing)
    await one.task('contoso', 'bad')
    await other.task('contoso', 'good')
    clock.turn(12_000)
    for (const agent of [one, other]) {
      expect((await overviewOf(agent)).tasks).toMatchObject({ succeeded: 1, failed: { provider: 1 } })
      expect((await idsOf(agent)).toSorted()).toEqual(['bad', 'good'])
      expect((await agent.get('api/tasks/bad')).body.facts).toEqual({ slot: 'production' })
    }
  })

  it('stays within its bytes, and keeps the latest', async () => {
    const { clock, path, start } = processes()
    const events = scriptedEvents()
    const agent = await start({}, { maxBytes: 1_000_000 }, { events })
    for (let second = 0; second < 120; second++) {
      for (let count = 0; count < 100; count++) events.taskEnded({ name: 'n'.repeat(200) })
      clock.turn(1000)
    }
    expect(statSync(path).size).toBeLessThan(1_200_000)
    const { freshness, tasks } = (await agent.get('api/tasks?limit=1')).body
    expect([freshness.problem, tasks[0].id]).toEqual([null, 'task-12000'])
    expect((await agent.get('api/tasks/task-1')).status).toBe(404)
    // The twin: far more were written than are there.
    expect((await agent.get('api/tasks/task-11000')).status).toBe(200)
  })

  it('forgets tasks that are too old', async () => {
    const { clock, start } = processes()
    const agent = await start({}, { maxAgeMs: 3_600_000 })
    const events = scriptedEvents()
    agent.router.close()
    const scripted = await start({}, { maxAgeMs: 3_600_000 }, { events })
    events.taskEnded({ taskId: 'old', endedAtMs: clock.epochMs() })
    clock.turn(3_500_000)
    events.taskEnded({ taskId: 'young', endedAtMs: clock.epochMs() })
    expect(await idsOf(scripted)).toEqual(['young', 'old'])
    clock.turn(200_000)
    events.taskEnded({ taskId: 'new', endedAtMs: clock.epochMs() })
    clock.turn(1000)
    expect(await idsOf(scripted)).toEqual(['new', 'young'])
  })
})

/** All but the first pages, which have the schema. */
function damagePages(path: string): void {
  const bytes = readFileSync(path)
  const pageSize = bytes.readUInt16BE(16)
  bytes.fill(0xa5, 4 * pageSize)
  writeFileSync(path, bytes)
}

function damageRows(path: string): void {
  const database = new DatabaseSync(path)
  database.exec("UPDATE process SET facts = '{'; UPDATE step SET figures = '[1'; UPDATE task SET detail = '{\"x'")
  database.exec("UPDATE mark SET label = 'x', kind = 'y'")
  database.close()
}

function crashLoop(path: string, nowMs: number): void {
  const database = new DatabaseSync(path)
  database.exec('BEGIN')
  const [step] = database.prepare('SELECT figures FROM step LIMIT 1').all()
  const insert = database.prepare('INSERT INTO step VALUES (900000, ?, ?, ?)')
  const startMs = Math.floor(nowMs / 900_000) * 900_000
  for (let id = 1000; id < 131_000; id++) insert.run(startMs, id, String(step?.['figures']))
  database.exec('COMMIT')
  database.close()
}

describe('a file that cannot be used', () => {
  const diary = 'dear diary, '.repeat(1000)

  it.each([
    ['is no database', (path: string) => writeFileSync(path, diary), /not a database/],
    [
      'is of another program',
      (path: string) => {
        const database = new DatabaseSync(path)
        database.exec('CREATE TABLE diary (day TEXT)')
        database.close()
      },
      /is not a history of tasks/,
    ],
    ['is a folder', (path: string) => mkdirSync(path), /unable to open/],
  ])('because it %s is left as it is, with a warning: tasks are kept in memory', async (_, prepare, problem) => {
    const path = join(temporaryFolder(), 'history.db')
    prepare(path)
    const before = statSync(path).isFile() ? readFileSync(path) : undefined
    const agent = await processes(path).start()
    await agent.task('contoso', 'one')
    const { freshness } = await overviewOf(agent)
    expect(freshness.keptIn).toBe('memory')
    expect(freshness.problem).toMatch(problem)
    expect(await idsOf(agent)).toEqual(['one'])
    if (before) expect(readFileSync(path).equals(before)).toBe(true)
  })

  it.each([
    ['pages that are damaged', damagePages],
    ['rows that are damaged', damageRows],
    ['the steps of a hundred thousand processes', crashLoop],
  ])('in part, with %s, does not keep the agent from starting', async (_, damage) => {
    const path = join(temporaryFolder(), 'history.db')
    const { clock, start } = processes(path)
    const first = await start()
    for (let count = 0; count < 300; count++) await first.task('contoso', `task-${count}`)
    clock.turn(1000)
    first.router.close()
    damage(path, clock.epochMs())
    const second = await start()
    await second.task('contoso', 'one')
    clock.turn(1000)
    expect((await overviewOf(second)).tasks.ended).toBeGreaterThan(0)
    expect((await idsOf(second))[0]).toBe('one')
  })

  it('because another process has locked it, is written when the lock is free, and nothing is lost', async () => {
    const { clock, path, start } = processes()
    const agent = await start()
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    await agent.task('contoso', 'one')
    clock.turn(1000)
    expect((await overviewOf(agent)).freshness.problem).toMatch(/cannot be written: .*locked/)
    expect(await idsOf(agent)).toEqual(['one'])
    other.exec('COMMIT')
    other.close()
    clock.turn(1000)
    expect((await overviewOf(agent)).freshness.problem).toBeNull()
    expect(await idsOf(agent)).toEqual(['one'])
    agent.router.close()
    expect(await idsOf(await start())).toEqual(['one'])
  })
})
