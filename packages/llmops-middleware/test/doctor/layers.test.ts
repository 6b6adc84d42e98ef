import { startModelEndpoint } from 'local-azure/model'
import { freePort } from 'test-support/free-port'
import { describe, expect, it, onTestFinished } from 'vitest'
import { doctor, folder, llmops, of, serve, serveApp } from './start-doctor.ts'

async function startModel(options: Parameters<typeof startModelEndpoint>[0] = {}) {
  const model = await startModelEndpoint(options)
  onTestFinished(() => model.close())
  return model
}

const KEY = { OPENAI_API_KEY: 'key-of-nobody', OPENAI_MODEL: 'gpt-5.4-mini' }

describe('llmops doctor where nothing is set', () => {
  it.each([[[]], [['--only', 'dns']], [['--only', 'config,redis']]])(
    'calls nothing healthy that it could not ask, and says what to set: %j',
    async (args) => {
      const report = await doctor({}, args)
      expect(report).toMatchObject({ verdict: 'unknown', broken: [], code: 2 })
      const { stdout, stderr, code } = await llmops(['doctor', ...args])
      expect([stdout.split(' ')[0], code]).toEqual(['UNKNOWN', 2])
      expect(stderr).toMatch(/^llmops: Nothing could be checked/)
      if (!args.includes('dns')) expect(report.next.join()).toContain('OPENAI_API_KEY')
    },
  )

  it('is healthy once a layer was asked', async () => {
    const report = await doctor({ DATA_DIR: await folder() }, ['--only', 'config,disk'])
    expect(report).toMatchObject({ verdict: 'healthy', code: 0 })
  })
})

describe('llmops doctor on a healthy machine', () => {
  it('finds nothing, and says how long the first token took', async () => {
    const [model, app] = await Promise.all([startModel(), serveApp()])
    const report = await doctor({
      ...KEY,
      OPENAI_BASE_URL: `${model.url}/v1`,
      PORT: app.PORT,
      DATA_DIR: await folder(),
    })
    expect(report.findings.filter(({ status }) => status === 'failed' || status === 'warning')).toEqual([])
    expect(report).toMatchObject({ verdict: 'healthy', broken: [], code: 0 })
    expect(of('model', report)[0]!.detail).toMatch(/OpenAI gpt-5\.4-mini: first token after \d+ ms/)
    expect(of('dns', report)[0]!.detail).toContain('127.0.0.1 is an address (loopback)')
  })

  it('asks a model as often as the option says, and shows the median', async () => {
    const model = await startModel()
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: `${model.url}/v1` }, ['--only', 'model', '--calls', '4'])
    expect(of('model', report)[0]!.detail).toMatch(/median of 4 calls/)
    expect(model.attempts).toHaveLength(4)
  })

  it('asks Anthropic and every other provider that is set, each in its own way', async () => {
    const model = await startModel()
    const report = await doctor(
      {
        ANTHROPIC_API_KEY: 'sk-ant-nobody',
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_MODEL: 'claude-haiku-4-5',
        AZURE_OPENAI_ENDPOINT: model.url,
        AZURE_OPENAI_API_KEY: 'key-of-nobody',
        AZURE_OPENAI_DEPLOYMENT: 'gpt-5.4-mini',
        GROQ_API_KEY: 'gsk_nobody',
        GROQ_BASE_URL: `${model.url}/v1`,
        GROQ_MODEL: 'gpt-5.4-nano',
      },
      ['--only', 'model'],
    )
    expect(of('model', report).map(({ status, detail }) => [status, detail.split(':')[0]])).toEqual([
      ['ok', 'Azure OpenAI gpt-5.4-mini'],
      ['ok', 'Anthropic claude-haiku-4-5'],
      ['ok', 'Groq gpt-5.4-nano'],
    ])
  })

  it('asks an endpoint that the command line names, with the key of a variable', async () => {
    const model = await startModel()
    const args = ['--only', 'model,identity', '--base-url', `${model.url}/v1`, '--model', 'gpt-5.4-nano']
    const without = await doctor({ MY_KEY: 'key-of-nobody' }, args)
    expect(without.broken).toEqual(['identity'])
    const report = await doctor({ MY_KEY: 'key-of-nobody' }, [...args, '--key-env', 'MY_KEY'])
    expect(report).toMatchObject({ verdict: 'healthy', code: 0 })
    expect(of('identity', report)[0]!.detail).toContain('accepts the key in MY_KEY')
  })
})

describe('llmops doctor names the layer', () => {
  const asked = ['--only', 'config,identity,dns,network,model']

  it('dns, where the name of the host resolves nowhere, and blames nothing that comes after', async () => {
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: 'https://no-such-account.invalid/v1' }, asked)
    expect(report).toMatchObject({ verdict: 'platform', broken: ['dns'], code: 1 })
    expect(of('dns', report)[0]).toMatchObject({
      detail: expect.stringMatching(/no-such-account\.invalid.*does not resolve/),
      next: expect.stringContaining('OPENAI_BASE_URL'),
    })
    expect(of('network', report)[0]!.status).toBe('skipped')
    expect(of('model', report)[0]!.status).toBe('skipped')
  })

  it('network, where nothing listens', async () => {
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: `http://localhost:${await freePort()}/v1` }, asked)
    expect(report).toMatchObject({ broken: ['network'], code: 1 })
    expect(of('network', report)[0]!.detail).toContain('ECONNREFUSED')
  })

  it('network, where what listens does not speak TLS', async () => {
    const url = await serve((_, response) => response.end())
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: url.replace('http:', 'https:') }, asked)
    expect(report.broken).toEqual(['network'])
  })

  it('model, where the path or the deployment is wrong', async () => {
    const url = await serve((_, response) =>
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}'),
    )
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: url }, asked)
    expect(report.broken).toEqual(['model'])
    expect(of('model', report)[0]).toMatchObject({
      detail: expect.stringMatching(/404 DeploymentNotFound: The API deployment/),
      next: expect.stringMatching(/gpt-5\.4-mini.*OPENAI_BASE_URL/),
    })
  })

  it('model, where a page answers instead of a model', async () => {
    const url = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: url }, asked)
    expect(of('model', report)[0]!.detail).toMatch(/answers 200 with text\/html: no model endpoint/)
  })

  it('model, where the first token is late, and not where it comes before the bound', async () => {
    const model = await startModel()
    const slow = () => model.fault({ kind: 'slow_first_token', delayMs: 300 })
    const env = { ...KEY, OPENAI_BASE_URL: `${model.url}/v1` }
    slow()
    expect(await doctor(env, [...asked, '--slow-ms', '300'])).toMatchObject({ broken: ['model'], code: 1 })
    slow()
    expect(await doctor(env, [...asked, '--slow-ms', '20000'])).toMatchObject({ broken: [], code: 0 })
  })

  it('model, where it never answers, in the time that it is given', async () => {
    const model = await startModel()
    model.fault({ kind: 'hang' })
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: `${model.url}/v1` }, [...asked, '--timeout-ms', '200'])
    expect(of('model', report)[0]!.detail).toContain('did not answer within 200 ms')
  })

  it.each([
    [401, 'Incorrect API key provided.', 'identity', /OPENAI_API_KEY is wrong/],
    [403, 'The principal lacks the required data action.', 'identity', /permissions/],
    [403, 'Public access is disabled. Please configure private endpoint.', 'network', /private endpoint/],
    [429, 'You exceeded your current quota.', 'model', /quota/],
    [500, 'Server had an error.', 'model', /status page/],
  ])('of a %i that says "%s": %s', async (status, message, layer, next) => {
    const url = await serve((_, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } })),
    )
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: url }, asked)
    expect(report.broken).toEqual([layer])
    expect(report.next.join()).toMatch(next)
  })

  it('config, for each value that cannot be right, and where it comes from', async () => {
    const report = await doctor(
      {
        OPENAI_API_KEY: '<your-key>',
        REDIS_URL: '"redis://127.0.0.1:1"',
        AZURE_CLIENT_ID: 'my-identity',
        APPSETTING_AZURE_CLIENT_ID: 'my-identity',
        APPLICATIONINSIGHTS_CONNECTION_STRING: '@Microsoft.KeyVault(SecretUri=https://vault.example/secrets/x)',
      },
      ['--only', 'config'],
    )
    const wrong = of('config', report).filter(({ status }) => status === 'failed')
    expect(wrong.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^OPENAI_API_KEY \(environment: set, 10 characters\) is a placeholder/),
      expect.stringMatching(/^AZURE_CLIENT_ID \(app setting: my-identity\) is not a client id/),
      expect.stringMatching(/^REDIS_URL .* is in quotation marks/),
      expect.stringMatching(/^APPLICATIONINSIGHTS_CONNECTION_STRING .* is a reference that was not resolved/),
    ])
  })

  it('config, for a key with a character that no header can carry', async () => {
    const report = await doctor({ OPENAI_API_KEY: 'sk-\u201csecret\u201d' }, ['--only', 'config'])
    expect(report.broken).toEqual(['config'])
    expect(of('config', report)[0]?.detail).toMatch(/is not a key: a character in it cannot be sent/)
  })

  it('config alone, for a port that is none', async () => {
    const report = await doctor({ PORT: '99999' }, ['--skip', 'packages'])
    expect(report.broken).toEqual(['config'])
    expect(of('app', report).map(({ status }) => status)).toEqual(['skipped'])
  })

  it('network, and names the proxy that was asked instead of the model', async () => {
    const report = await doctor({ ...KEY, NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://127.0.0.1:1' }, [
      '--only',
      'network',
    ])
    expect(of('network', report)[0]).toMatchObject({ status: 'failed', next: expect.stringContaining('HTTPS_PROXY') })
  })

  it('config, for what an app says of itself and is not to be used', async () => {
    for (const [said, problem] of [
      ['{ models: [null] }', /`describe.models\[0\]` must be/],
      ["{ models: [{ from: 'A', baseUrl: 'nowhere', model: 'm' }] }", /baseUrl` must be a URL/],
      ["{ settings: 'x' }", /`describe.settings` must be/],
      ["{ port: 'abc' }", /`describe.port` must be/],
    ] as const) {
      const cwd = await folder({
        'package.json': '{"type":"module","llmops":{"describe":"./describe.js"}}',
        'describe.js': `export const describe = () => (${said})`,
      })
      const report = await doctor({}, ['--only', 'config'], cwd)
      expect(of('config', report)[0]).toMatchObject({ status: 'warning', detail: expect.stringMatching(problem) })
    }
  })

  it('config, where .env has what the environment lacks: a warning, since the app may load it', async () => {
    const cwd = await folder({ '.env': 'REDIS_URL=redis://127.0.0.1:1\n' })
    const report = await doctor({}, ['--only', 'config'], cwd)
    expect(of('config', report)[0]).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/REDIS_URL.*\.env/),
    })
    expect(report.code).toBe(0)
  })
})

describe('llmops doctor on the app', () => {
  it('says app, where every layer under it is fine and it is not ready', async () => {
    const [model, app] = await Promise.all([startModel(), serveApp({ status: 503, body: { reason: 'no_answer' } })])
    const env = { ...KEY, OPENAI_BASE_URL: `${model.url}/v1`, PORT: app.PORT }
    const report = await doctor(env)
    expect(report).toMatchObject({ verdict: 'app', broken: ['app'], code: 3 })
    expect(report.summary).toMatch(/Every layer under the app is fine.*503: no_answer/)
    expect(report.next.join()).toMatch(/log of the app/)
  })

  it('says app, where it is down', async () => {
    const [model, port] = await Promise.all([startModel(), freePort()])
    const report = await doctor({ ...KEY, OPENAI_BASE_URL: `${model.url}/v1`, PORT: `${port}` })
    expect(report).toMatchObject({ verdict: 'app', broken: ['app'], code: 3 })
    expect(report.summary).toMatch(/the app is down: ECONNREFUSED/)
  })

  it('says app, where it takes connections and is silent', async () => {
    const url = await serve(() => {})
    const report = await doctor({ PORT: new URL(url).port }, ['--only', 'app', '--timeout-ms', '100'])
    expect(report).toMatchObject({ verdict: 'app', code: 3 })
    expect(report.summary).toMatch(/does not answer/)
  })

  it('blames the layer under it, where both are red', async () => {
    const app = await serveApp({ status: 503 })
    const env = { ...KEY, OPENAI_BASE_URL: 'https://no-such-account.invalid/v1', PORT: app.PORT }
    const report = await doctor(env)
    expect(report).toMatchObject({ verdict: 'platform', broken: ['dns', 'app'], code: 1 })
    expect(report.summary).toMatch(/^Broken: dns\./)
  })

  it('takes /health and /health/ready, where there are no others', async () => {
    const url = await serve(({ url }, response) => response.writeHead(url?.startsWith('/health') ? 200 : 404).end())
    const report = await doctor({ PORT: new URL(url).port }, ['--only', 'app'])
    expect(of('app', report).map(({ detail }) => detail)).toEqual([
      'GET /health answers 200',
      'GET /health/ready answers 200',
    ])
  })

  it('names the port if the platform expects another than the app uses', async () => {
    const [app, expected] = await Promise.all([serveApp(), freePort()])
    const report = await doctor({ PORT: app.PORT, WEBSITES_PORT: `${expected}` }, ['--only', 'port,app'])
    expect(report).toMatchObject({ verdict: 'platform', broken: ['port', 'app'], code: 1 })
    expect(report.summary).toContain(`WEBSITES_PORT expects ${expected}, and nothing listens there`)
    const twin = await doctor({ PORT: app.PORT, WEBSITES_PORT: app.PORT }, ['--only', 'port,app'])
    expect(twin).toMatchObject({ verdict: 'healthy', code: 0 })
  })

  it('names the port, where the app listens for its own machine alone on App Service', async () => {
    const app = await serveApp()
    const report = await doctor({ PORT: app.PORT, WEBSITE_SITE_NAME: 'shop' }, ['--only', 'port'])
    expect(of('port', report)[0]!.detail).toContain('127.0.0.1 alone')
  })
})
