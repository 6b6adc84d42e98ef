import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { ROOT } from './blocks.ts'

const NOWHERE = 'http://127.0.0.1:9'

/** Each command that has `--json`, called so that it cannot run. */
const COMMANDS: Readonly<Record<string, readonly [file: string, ...args: string[]]>> = {
  'chaos inject': ['chaos/src/main.ts', 'inject', '--base-url', NOWHERE, '--token', 'x'],
  'chaos spread': ['chaos/src/main.ts', 'spread', '--base-url', NOWHERE],
  'chaos drill': ['chaos/src/main.ts', 'drill', '--speed', '0'],
  promote: ['packages/promotion/src/main.ts', 'promote', '--local', NOWHERE],
  rollback: ['packages/promotion/src/main.ts', 'rollback', '--local', NOWHERE],
  'llmops doctor': ['packages/llmops-middleware/src/cli/main.ts', 'doctor', '--only', 'x'],
  'llmops tasks': ['packages/llmops-middleware/src/cli/main.ts', 'tasks', '--url', NOWHERE],
  'llmops task': ['packages/llmops-middleware/src/cli/main.ts', 'task', 'a', '--url', NOWHERE],
}

async function run(file: string, ...args: readonly string[]) {
  const all = ['--conditions=llmops-source', join(ROOT, file), ...args]
  const child = spawn(process.execPath, all, { env: { PATH: process.env['PATH'] }, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: child.exitCode }
}

it.each(Object.entries(COMMANDS))(
  '%s --json prints nothing on standard output where it cannot run, and a sentence on standard error',
  async (_, [file, word, ...args]) => {
    const refused = await run(file, word!, ...args, '--json')
    expect(refused).toMatchObject({ stdout: '', code: 2 })
    expect(refused.stderr.trim()).toMatch(/^[^{\n]+(\nDid you mean .*|\n\(Did you mean .*)?$/)
  },
)
