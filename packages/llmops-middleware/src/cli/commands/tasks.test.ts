import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { serve } from '../../../test/support/serve.ts'
import { failing, temporaryFolder, watchedAgent } from '../../../test/support/watched-agent.ts'
import { ToolUnavailable } from '../../index.ts'
import { runLlmops } from '../run-llmops.ts'

async function run(
  args: readonly string[],
  { cwd = '/', env = {} }: { cwd?: string; env?: Record<string, string> } = {},
) {
  const said = { stdout: '', stderr: '' }
  const code = await runLlmops(args, {
    call: 'llmops',
    env,
    cwd,
    stdout: { write: (text: string) => (said.stdout += text) },
    stderr: { write: (text: string) => (said.stderr += text) },
    signal: new AbortController().signal,
  })
  return { ...said, code }
}

/** An agent with a good task, a failed one and one whose tool fell back, in a folder of its own. */
async function agentWithTasks(token?: string) {
  const cwd = temporaryFolder()
  const agent = await watchedAgent({
    dashboard: { history: { path: join(cwd, '.data', 'history.db') }, facts: { release: 'v7' }, token },
  })
  const lookup = agent.ops.tool({
    name: 'lookup',
    description: 'Looks up',
    effect: 'read',
    parameters: { type: 'object', properties: { age: { type: 'integer' } } },
    run: () => {
      throw new ToolUnavailable('lookup', { reason: 'the index is down' })
    },
    fallbacks: [
      function cache() {
        return 'well'
      },
    ],
  })
  await agent.task('contoso', 'good')
  await agent.ops.task({ tenant: 'contoso', id: 'mended' }, () => lookup.call('{"age": "3"}'))
  agent.answer(() => failing(503, 'The engine is overloaded.'))
  await agent.task('fabri\u001b[31mkam', 'bad')
  agent.clock.turn(1000)
  return { agent, cwd }
}

/** By the file, beside the agent that runs; and by the address of its dashboard. */
describe.each(['file', 'url'])('llmops tasks by %s', (by) => {
  const start = async () => {
    const { agent, cwd } = await agentWithTasks()
    return {
      cwd,
      where: by === 'file' ? ['--file', join(cwd, '.data', 'history.db')] : ['--url', agent.url.slice(0, -1)],
    }
  }

  it('lists the latest first, with why one failed', async () => {
    const { where } = await start()
    const { stdout, code } = await run(['tasks', ...where])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^BEGAN +TENANT +OUTCOME +TOOK +COST +CALLS +WHAT +ID$/)
    expect(lines[1]).toMatch(/fabri\?\[31mkam +FAILED http_503 \(provider\) .* 1\+0 +bad$/)
    expect(lines[2]).toBe('  The engine is overloaded.')
    expect(lines[3]).toMatch(/contoso +ok .* 0\+1 +repair,fallback +mended$/)
    expect(lines[4]).toMatch(/contoso +ok .* \$0\.00021 +1\+0 +good$/)
  })

  it('lists those that failed, those of a tenant, so many, as JSON', async () => {
    const { where } = await start()
    const ids = async (...args: string[]) =>
      JSON.parse((await run(['tasks', '--json', ...where, ...args])).stdout).map(({ id }: { id: string }) => id)
    expect(await ids()).toEqual(['bad', 'mended', 'good'])
    expect(await ids('--failed')).toEqual(['bad'])
    expect(await ids('--tenant', 'contoso', '--limit', '1')).toEqual(['mended'])
    expect(await ids('--tenant', 'nobody')).toEqual([])
    expect((await run(['tasks', ...where, '--tenant', 'nobody'])).stdout).toBe('No tasks.\n')
  })

  it('shows one with its calls, and what an operator looks for in them', async () => {
    const { where } = await start()
    const bad = (await run(['task', 'bad', ...where])).stdout
    expect(bad).toMatch(/^FAILED http_503 \(provider\) {2}agent of fabri\?\[31mkam, task bad\n {2}The engine is/)
    expect(bad).toMatch(/release v7/)
    expect(bad).toMatch(/█+ +\+\d+ ms +model +gpt-4o-mini +http_503/)
    expect(bad).not.toContain('\u001b')
    const mended = (await run(['task', 'mended', ...where])).stdout
    expect(mended).toMatch(/tool +lookup +fallback/)
    expect(mended).toMatch(/arguments repaired: coercion/)
    expect(mended).toMatch(/lookup failed: .*the index is down/)
    expect(mended).toMatch(/answered by cache/)
    const { stdout, code } = await run(['task', 'good', '--json', ...where])
    expect([JSON.parse(stdout).calls[0].model, code]).toEqual(['gpt-4o-mini', 0])
  })

  it('says of a task that is not there that it is not, with exit code 1', async () => {
    const { where } = await start()
    const { stdout, stderr, code } = await run(['task', 'none', ...where])
    expect({ stdout, code }).toEqual({ stdout: '', code: 1 })
    expect(stderr).toMatch(/no task "none"/)
  })
})

describe('where the tasks are', () => {
  it('is the file of the folder, or that of DATA_DIR, where nothing is named', async () => {
    const { cwd } = await agentWithTasks()
    expect((await run(['task', 'good'], { cwd })).code).toBe(0)
    expect((await run(['task', 'good'], { env: { DATA_DIR: join(cwd, '.data') } })).code).toBe(0)
  })

  it('is an agent on this machine, where there is no such file', async () => {
    const { agent } = await agentWithTasks()
    const url = await serve((app) => app.use(agent.router))
    const env = { PORT: new URL(url).port }
    expect((await run(['task', 'good'], { env })).code).toBe(0)
  })

  it('may take a token, which is in a variable', async () => {
    const { agent } = await agentWithTasks('secret')
    const where = ['--url', agent.url]
    expect((await run(['tasks', ...where])).stderr).toMatch(/asks for a token: set ADMIN_TOKEN/)
    expect((await run(['tasks', ...where], { env: { ADMIN_TOKEN: 'secret' } })).code).toBe(0)
    expect((await run(['tasks', ...where, '--token-env', 'OTHER'], { env: { OTHER: 'secret' } })).code).toBe(0)
    expect((await run(['tasks', ...where, '--token-env', 'OTHER'])).stderr).toMatch(/OTHER: that variable is not set/)
  })

  it.each([
    [['task'], /ID of a task is missing; `llmops tasks` lists them/],
    [['tasks', '--limit', '0'], /--limit must be a whole number from 1 to 200/],
    [['tasks', '--url', 'ftp://x'], /--url must be an http or https URL/],
    [
      ['tasks', '--url', 'http://127.0.0.1:2'],
      /http:\/\/127\.0\.0\.1:2 does not answer \(ECONNREFUSED\)\. Start the agent, or/,
    ],
    [['tasks', '--url', 'http://127.0.0.1:1'], /:1 does not answer \(bad port: fetch refuses it, .*with --url or/],
    [['tasks', '--file', '/none.db'], /--file \/none\.db: there is no such file/],
    [['tasks', '--file', 'a', '--url', 'http://x'], /exclude each other/],
  ])('%j is refused in one line, with exit code 2', async (args, message) => {
    const { stdout, stderr, code } = await run(args, { env: { PORT: '1' } })
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd()).not.toContain('\n')
  })

  it('is no file of another program, and no other server', async () => {
    const path = join(temporaryFolder(), 'diary.db')
    writeFileSync(path, 'dear diary')
    expect((await run(['tasks', '--file', path])).stderr).toMatch(/cannot be read/)
    const url = await serve((app) => app.use((_request, response) => void response.send('hello')))
    expect((await run(['tasks', '--url', url])).stderr).toMatch(/status 200\. Is a dashboard mounted there\?/)
    const silent = await serve((app) => app.use((_request, response) => void response.status(404).json({})))
    expect((await run(['tasks', '--url', silent])).stderr).toMatch(/no dashboard at/)
  })
})
