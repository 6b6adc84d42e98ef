import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** What a shell prints for a line, once it has the short names; llmops is not on its PATH. */
async function inShell(shell: string, line: string) {
  // An alias holds from the next line on.
  const script = `eval "$("$NODE" "$MAIN" aliases)"\n${line}`
  const env = { PATH: '/usr/bin:/bin', NODE: process.execPath, MAIN, PORT: '1', MODEL: 'none' }
  const { stdout } = await promisify(execFile)(shell, ['-c', script], { env, cwd: '/' }).catch((error) => error)
  return stdout as string
}

const isThere = (shell: string) => spawnSync(shell, ['-c', 'exit']).status === 0

describe.each(['bash', 'dash', 'zsh'].filter(isThere))('the short names in %s', (shell) => {
  it('each ask a part of the doctor', async () => {
    const lines = ['ai-dns', 'ai-access-check', 'ai-test', 'ai-latency', 'checkport', 'appconfig']
    const reports = (await inShell(shell, lines.map((name) => `${name} --json`).join('; echo ,\n'))).split(/^,$/m)
    const layers = reports.map((text) => [
      ...new Set(JSON.parse(text).findings.map(({ layer }: { layer: string }) => layer)),
    ])
    expect(layers).toEqual([['dns', 'network'], ['identity'], ['model'], ['model'], ['port'], ['config']])
  })

  it('ask all of it, and take what follows', async () => {
    expect(await inShell(shell, 'ai-diagnose --skip packages,app')).toMatch(/^HEALTHY/)
    expect(await inShell(shell, 'llmops --version')).toMatch(/^\d+\.\d+\.\d+/)
  })
})

describe.runIf(isThere('pwsh'))('the short names in PowerShell', () => {
  it('ask a part of the doctor, and take what follows', async () => {
    const installed = '& $env:NODE $env:MAIN aliases --shell powershell | Out-String | Invoke-Expression'
    const script = `${installed}; ai-dns --json; ','; llmops --version`
    const env = { ...process.env, NODE: process.execPath, MAIN, PORT: '1', MODEL: 'none' }
    const { stdout } = await promisify(execFile)('pwsh', ['-NoProfile', '-Command', script], { env, cwd: '/' })
    const [report, version] = stdout.split(/^,$/m)
    expect(JSON.parse(report!).findings.map(({ layer }: { layer: string }) => layer)).toEqual(['dns', 'network'])
    expect(version).toMatch(/^\s*\d+\.\d+\.\d+/)
  })
})
