import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import { createLlmOps } from '../llmops.ts'
import { addConformanceParts, CONFORMANCE_SERVER_OPTIONS } from './fixtures/conformance-server.ts'
import { mcpRouter } from './mcp-router.ts'

const require = createRequire(import.meta.url)
const SUITE = join(dirname(require.resolve('@modelcontextprotocol/conformance/package.json')), 'dist/index.js')

/** The official suite, against the router of this package on a socket. */
async function run(requirements: string): Promise<string> {
  const ops = createLlmOps()
  const look = ops.tool({ name: 'look', description: 'Looks.', parameters: { type: 'object' }, run: () => 'seen' })
  const url = await serve((app) => {
    app.use(
      mcpRouter({
        ops,
        tools: [look],
        tenant: () => 'contoso',
        serverInfo: { name: 'conformance', version: '1.0.0' },
        allowedHosts: ['127.0.0.1', 'localhost'],
        serverOptions: CONFORMANCE_SERVER_OPTIONS,
        extend: addConformanceParts,
      }),
    )
  })
  const expected = join(import.meta.dirname, `fixtures/expected-failures-${requirements}.yaml`)
  const args = [SUITE, 'server', '--url', `${url}/mcp`, '--requirements', requirements, '--expected-failures', expected]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${stdout}\n${stderr}`))
      else resolve(stdout)
    })
  })
}

describe('the official conformance suite passes', () => {
  it.each(['2026-07-28', '2025-11-25'])('for %s', async (requirements) => {
    expect(await run(requirements)).toContain('passed')
  })
})
