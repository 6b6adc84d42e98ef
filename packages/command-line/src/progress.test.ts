import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { Progress } from './progress.ts'

function start(isTTY: boolean) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 80 })
  const clock = { nowMs: 0 }
  const progress = new Progress(stream as unknown as NodeJS.WriteStream, () => clock.nowMs)
  return { clock, progress, said: () => stream.read() as string | null }
}

it('adds a line every 10 s where lines cannot be replaced', () => {
  const { clock, progress, said } = start(false)
  for (; clock.nowMs <= 25_000; clock.nowMs += 1000) progress.update(`${clock.nowMs / 1000} s`)
  expect(said()).toBe('10 s\n20 s\n')
})

it('counts the 10 s from the last line that stays', () => {
  const { clock, progress, said } = start(false)
  clock.nowMs = 9000
  progress.line('a step')
  clock.nowMs = 18_999
  progress.update('too early')
  clock.nowMs = 19_000
  progress.update('in time')
  expect(said()).toBe('a step\nin time\n')
})

it('replaces the line on a terminal', () => {
  const { progress, said } = start(true)
  progress.update('1')
  progress.update('2')
  expect(said()).toBe('\r\u001b[2K1\r\u001b[2K2')
})
