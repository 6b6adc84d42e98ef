import { WriteStream } from 'node:tty'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createAgentLog } from './agent-log.ts'

/** Collects log lines while the clock stands still. */
function log(isJson: boolean) {
  const lines: string[] = []
  const write = (_level: string, line: string) => void lines.push(line)
  const timing = { monotonicMs: () => 0, after: () => () => {} }
  const now = () => new Date(2026, 0, 2, 3, 4, 5)
  return { lines, log: createAgentLog({ isJson, write, now, timing }) }
}

const FIELDS = { code: 'http_429', tenant: 'con\ntoso', taskId: 't-1', causes: [{ message: 'much more' }] }

it('writes JSON for production, one object per line', () => {
  const { lines, log: production } = log(true)
  production.warn(FIELDS, 'Throttled\nagain.')
  expect(lines[0]).not.toContain('\n')
  expect(JSON.parse(lines[0]!)).toEqual({
    time: now(),
    level: 'warn',
    msg: 'Throttled\nagain.',
    ...FIELDS,
  })
})

it('writes one line of plain text for a terminal, with the code, tenant and task', () => {
  const { lines, log: terminal } = log(false)
  terminal.error(FIELDS, 'Throttled\nagain.')
  expect(lines).toEqual(['03:04:05 error Throttled again.  code=http_429  tenant=con toso  taskId=t-1'])
})

it.each([
  ['colours the level for a terminal', '', '03:04:05 \u001b[31merror\u001b[39m Stopped.'],
  ['colours nothing with NO_COLOR', '1', '03:04:05 error Stopped.'],
])('%s', (_, noColor, line) => {
  const { isTTY, getColorDepth } = process.stderr
  Object.assign(process.stderr, { isTTY: true, getColorDepth: WriteStream.prototype.getColorDepth })
  // The runner of the tests, or CI, may have set them, and they take precedence.
  vi.stubEnv('FORCE_COLOR', undefined)
  vi.stubEnv('CI', undefined)
  vi.stubEnv('NO_COLOR', noColor)
  vi.stubEnv('TERM', 'xterm')
  onTestFinished(() => {
    Object.assign(process.stderr, { isTTY, getColorDepth })
    vi.unstubAllEnvs()
  })
  const { lines, log: terminal } = log(false)
  terminal.error({}, 'Stopped.')
  expect(lines).toEqual([line])
})

it('writes at most ten lines with the same code per minute, then the count of the rest', () => {
  const { lines, log: flooded } = log(false)
  for (let line = 0; line < 1000; line++) flooded.warn({ code: 'http_404' }, `line ${line}`)
  expect(lines.length).toBe(10)
  flooded.flush()
  expect(lines[10]).toContain('990 more lines were left out')
})

const now = () => new Date(2026, 0, 2, 3, 4, 5).toISOString()
