import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runLlmops } from '../../src/cli/run-llmops.ts'
import type { Finding, Report } from '../../src/doctor/index.ts'

type Variables = Readonly<Record<string, string | undefined>>

export type Diagnosed = Report & { readonly code: number; readonly stdout: string }

/** Runs `llmops doctor --json` as a shell would, in an empty folder unless another is given. */
export async function doctor(env: Variables, args: readonly string[] = [], cwd?: string): Promise<Diagnosed> {
  const { code, stdout, stderr } = await llmops(['doctor', '--json', ...args], env, cwd)
  if (stdout === '') throw new Error(stderr)
  return { ...(JSON.parse(stdout) as Report), code, stdout }
}

export async function llmops(args: readonly string[], env: Variables = {}, cwd?: string) {
  const said = { stdout: '', stderr: '' }
  const code = await runLlmops(args, {
    call: 'llmops',
    env: { PATH: process.env['PATH'], ...env },
    cwd: cwd ?? (await folder()),
    stdout: { write: (text) => (said.stdout += text) },
    stderr: { write: (text) => (said.stderr += text) },
    signal: new AbortController().signal,
  })
  return { ...said, code }
}

/** A folder with these files, gone when the test has finished. */
export async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'llmops-doctor-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text)
  return path
}

/** An HTTP server on loopback, gone when the test has finished. */
export async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An app that lives and says this of its readiness. */
export async function serveApp(ready: { readonly status: number; readonly body?: object } = { status: 200 }) {
  const url = await serve(({ url }, response) => {
    if (url === '/livez') return response.end('ok')
    if (url === '/readyz') return response.writeHead(ready.status).end(JSON.stringify(ready.body ?? {}))
    return response.writeHead(404).end()
  })
  return { url, PORT: new URL(url).port }
}

export const of = (layer: string, { findings }: Report): readonly Finding[] =>
  findings.filter((finding) => finding.layer === layer)
