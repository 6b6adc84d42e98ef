import { describe, expect, it } from 'vitest'
import { calledAs } from './called-as.ts'

const INSTALLED = '/app/node_modules/llmops-middleware/dist/cli/main.js'
const LINKED = '/app/node_modules/.bin/llmops'
const agent = (name: string, npm_execpath = '/usr/bin/it') => ({
  npm_config_user_agent: `${name} node/v24`,
  npm_execpath,
})

describe('what a hint begins with', () => {
  it.each([
    ['npx llmops', 'npx', LINKED, agent('npm/11.1.0')],
    ['npx llmops', 'a script of npm', LINKED, agent('npm/11.1.0')],
    ['npx llmops', 'the link that npm makes', LINKED, {}],
    ['npx --yes pnpm@12 llmops', 'a pnpm that npx fetched', INSTALLED, agent('pnpm/12.21.0', '/r/.npm/_npx/9c/pnpm')],
    ['npx --yes pnpm@12 llmops', 'the same on Windows', INSTALLED, agent('pnpm/12.0.1', 'C:\\npm\\_npx\\9c\\pnpm.js')],
    ['pnpm llmops', 'pnpm', INSTALLED, agent('pnpm/12.21.0')],
    ['yarn llmops', 'yarn', INSTALLED, agent('yarn/4.1.0')],
    ['bunx llmops', 'bun', INSTALLED, agent('bun/1.3.0')],
    ['llmops', 'an install for the whole machine', '/usr/local/bin/llmops', {}],
    ['node node_modules/llmops-middleware/dist/cli/main.js', 'node, where there are no links', INSTALLED, {}],
    ['node /opt/it/main.js', 'node, from elsewhere', '/opt/it/main.js', {}],
    ['node "my tools/main.js"', 'node, with a space', '/app/my tools/main.js', {}],
  ])('is %s after a call by %s', (call, _, command, env) => {
    expect(calledAs({ command, execArgv: [], env, cwd: '/app' })).toBe(call)
  })

  it('has the options of Node that it was called with', () => {
    const caller = { command: '/app/src/main.ts', execArgv: ['--conditions=llmops-source'], env: {}, cwd: '/app' }
    expect(calledAs(caller)).toBe('node --conditions=llmops-source src/main.ts')
  })
})
