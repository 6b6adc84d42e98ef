import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fc } from 'test-support/generated'
import { describe, expect, it, onTestFinished } from 'vitest'
import { doctor, folder, llmops, serve } from './start-doctor.ts'

const ALPHABET = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~+/=!@#$%^&*()"\\\'<>{}|äß✓']
const secret = fc
  .string({ unit: fc.constantFrom(...ALPHABET), minLength: 8, maxLength: 60 })
  .filter((text) => /\w{3}/.test(text))
const headerSafe = fc.string({ unit: fc.constantFrom(...ALPHABET.slice(0, 66)), minLength: 8, maxLength: 60 })

describe('llmops doctor hides secrets', () => {
  it('whatever they are, wherever they are set, and whatever repeats them', async () => {
    let echo = ''
    const url = await serve(async (request, response) => {
      const body = {
        error: { code: echo, message: `Wrong: ${echo}, ${request.headers.authorization} ${encodeURIComponent(echo)}` },
      }
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    const cwd = await folder()
    await fc.assert(
      fc.asyncProperty(headerSafe, secret, secret, secret, async (key, password, header, connection) => {
        echo = key
        const env = {
          OPENAI_BASE_URL: url,
          OPENAI_API_KEY: key,
          REDIS_URL: `redis://user:${encodeURIComponent(password)}@127.0.0.1:1`,
          IDENTITY_ENDPOINT: `${url}/msi/token`,
          IDENTITY_HEADER: header.replace(/[^\x20-\x7e]/g, 'x'),
          APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${connection};IngestionEndpoint=https://x.invalid`,
          TENANT_KEYS: `contoso=${connection}`,
          ADMIN_TOKEN: password,
        }
        const args = ['doctor', '--skip', 'packages', '--settings']
        const [table, json] = await Promise.all([llmops(args, env, cwd), llmops([...args, '--json'], env, cwd)])
        const said = table.stdout + table.stderr + json.stdout + json.stderr
        for (const value of [key, password, env.IDENTITY_HEADER, connection]) {
          expect(said).not.toContain(value)
          expect(said).not.toContain(encodeURIComponent(value))
          expect(said).not.toContain(JSON.stringify(value).slice(1, -1))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('and shows what is none', async () => {
    const env = {
      AZURE_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
      OPENAI_MODEL: 'gpt-5.4-mini',
      PORT: '3999',
      DATA_DIR: '/srv/data',
      PWD: '/srv/data',
    }
    const { stdout } = await llmops(['doctor', '--only', 'config', '--settings'], env)
    for (const value of Object.values(env)) expect(stdout).toContain(value)
  })

  it('that are in a URL in place of the user name', async () => {
    const env = { OPENAI_BASE_URL: 'http://swordfish-1234@127.0.0.1:1/v1' }
    const { stdout } = await llmops(['doctor', '--skip', 'packages', '--settings'], env)
    expect(stdout).toContain('127.0.0.1:1')
    expect(stdout).not.toContain('swordfish')
  })

  it('in a second, also in values as long as an environment takes, and prints their beginning', async () => {
    const long = 'word'.repeat(25_000)
    const { stdout } = await llmops(['doctor', '--only', 'config', '--settings'], {
      OPENAI_MODEL: long,
      OPENAI_BASE_URL: `https://${long}.example`,
    })
    expect(stdout.length).toBeLessThan(4000)
    expect(stdout).toContain('100000 characters')
  })

  it('that were given in place of the name of their variable', async () => {
    const asked = ['doctor', '--base-url', 'http://127.0.0.1:1/v1', '--key-env', 'sk-swordfish-1234']
    const { code, stdout, stderr } = await llmops(asked)
    expect(code).toBe(2)
    expect(stderr).toContain('--key-env must be the name of a variable that is set')
    expect(stdout + stderr).not.toContain('swordfish')
  })

  it('that a file of variables has, which go before those of the shell', async () => {
    const cwd = await folder({ 'their.env': "REDIS_URL='redis://:swordfish@127.0.0.1:1'\nexport PORT=1\n" })
    const shell = { REDIS_URL: 'redis://127.0.0.1:2' }
    const report = await doctor(shell, ['--only', 'redis,config', '--env-file', 'their.env'], cwd)
    expect([report.broken, report.code]).toEqual([['redis'], 1])
    expect(report.summary).toContain('127.0.0.1:1')
    expect(report.stdout).not.toContain('swordfish')
    const { code, stderr } = await llmops(['doctor', '--env-file', 'mine.env'], {}, cwd)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^llmops: --env-file mine\.env: .*ENOENT.*NAME=value/)])
  })

  it('sends no code of a provider to the terminal', async () => {
    const url = await serve((_, response) =>
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"message":"\\u001b[2J\\u0007gone"}}'),
    )
    const { stdout } = await llmops(['doctor', '--only', 'model'], {
      OPENAI_BASE_URL: url,
      OPENAI_MODEL: 'm',
      OPENAI_API_KEY: 'key-of-nobody',
    })
    expect(stdout).toContain('gone')
    expect(stdout).not.toMatch(/\p{Cc}(?<!\n)/u)
  })

  it('of the process whose variables it reads', async () => {
    const other = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1e3); console.log("up")'], {
      env: { REDIS_URL: 'redis://:swordfish-1234@127.0.0.1:1' },
    })
    onTestFinished(() => void other.kill())
    await once(other.stdout, 'data')
    const report = await doctor({ REDIS_URL: 'redis://127.0.0.1:2' }, [
      '--only',
      'redis,config',
      '--of',
      `${other.pid}`,
    ])
    expect(report.broken).toEqual(['redis'])
    expect(report.summary).toContain('127.0.0.1:1')
    expect(report.stdout).not.toContain('swordfish')
  })
})
