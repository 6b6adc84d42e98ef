import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const PROGRAM = `
  import { createRequire } from 'node:module'
  import { createLlmOps } from 'llmops-middleware'
  const { cache } = createRequire(import.meta.url)
  const has = (text) => Object.keys(cache).some((path) => path.includes(text))
  const loaded = () => ({
    prices: has('genai-prices'),
    ajv: has('/ajv/'),
    undici: process.moduleLoadList.includes('NativeModule internal/deps/undici/undici'),
  })
  const imported = loaded()
  const ops = createLlmOps({ budget: { limitUsd: 1 }, defaultTenant: 'contoso', logger: false })
  const made = loaded()
  ops.tool({ name: 'lookup', description: 'Looks it up', effect: 'read', parameters: { type: 'object' },
    run: () => 'found' })
  const withTool = loaded()
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })
  const headers = { 'content-type': 'application/json' }
  await ops.fetch('http://127.0.0.1:9/v1/chat/completions', { method: 'POST', headers, body }).catch(() => {})
  console.log(JSON.stringify({ imported, made, withTool, called: loaded() }))
`

describe('importing the package', () => {
  it('loads the list of prices, the compiler of schemas and what makes a response when they are first needed', async () => {
    const args = ['--conditions=llmops-source', '--input-type=module', '--eval', PROGRAM]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
    const { imported, made, withTool, called } = JSON.parse(stdout)
    expect(imported).toEqual({ prices: false, ajv: false, undici: false })
    expect(made).toEqual(imported)
    expect(withTool).toEqual({ ...imported, ajv: true })
    expect(called).toEqual({ prices: true, ajv: true, undici: true })
  })
})
