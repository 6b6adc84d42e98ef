import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock } from '../clock/manual-clock.ts'
import { checkHealth, maxPingFailuresOf } from './health-check.ts'
import { newInstance } from './instance.ts'
import type { Worker } from './worker.ts'

const MINUTE_MS = 60_000

/** The metric, minute by minute, for a process that responds to its pings like this. */
async function percentsOf(statuses: readonly number[], maxPingFailures: number): Promise<readonly number[]> {
  const left = [...statuses]
  const server = createServer((_request, response) => response.writeHead(left.shift()!).end()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  const worker = { isAlive: true, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } as Worker
  const clock = new ManualClock()
  const closing = new AbortController()
  const percents: number[] = []
  const checked = () => new Promise<void>((resolve) => void waiting.push(resolve))
  const waiting: (() => void)[] = []
  const onCheck = (percent: number) => {
    percents.push(percent)
    waiting.shift()?.()
  }
  const instances = [newInstance('a', worker)]
  const options = {
    path: '/health',
    instances: () => instances,
    clock,
    maxPingFailures: () => maxPingFailures,
    onCheck,
  }
  const running = checkHealth(options, closing.signal)
  for (let minute = 0; minute < statuses.length; minute++) {
    const seen = checked()
    await clock.advance(MINUTE_MS)
    await seen
  }
  closing.abort()
  await running
  return percents
}

it('counts an instance as unhealthy after this many failed pings in a row, and healthy after one that succeeds', async () => {
  expect(await percentsOf([200, 503, 200, 503, 503, 503, 200], 2)).toEqual([100, 100, 100, 100, 0, 0, 100])
  expect(await percentsOf([503, 503, 503], 10)).toEqual([100, 100, 100])
})

it.each([
  [undefined, 10],
  ['2', 2],
  ['1', 2],
  ['11', 10],
])('reads from %j that it is %i', (set, expected) => {
  expect(maxPingFailuresOf(set === undefined ? {} : { WEBSITE_HEALTHCHECK_MAXPINGFAILURES: set })).toBe(expected)
})
