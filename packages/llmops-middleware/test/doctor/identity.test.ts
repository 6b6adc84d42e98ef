import { describe, expect, it } from 'vitest'
import { doctor, of, serve } from './start-doctor.ts'

const MINE = '11111111-2222-3333-4444-555555555555'
const OTHER = '99999999-2222-3333-4444-555555555555'

const tokenOf = (claims: object) =>
  ['{"alg":"none"}', JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

/** As App Service answers: learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference */
async function serveIdentity() {
  const url = await serve((request, response) => {
    const query = new URL(request.url!, 'http://loopback').searchParams
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body))
    if (request.headers['x-identity-header'] !== 'header-of-the-site') return answer(401, { statusCode: 401 })
    const client = query.get('client_id') ?? MINE
    if (client !== MINE) return answer(400, { statusCode: 400, message: 'No User Assigned identity found.' })
    answer(200, { access_token: tokenOf({ oid: 'principal-of-the-site', appid: MINE }), client_id: MINE })
  })
  return { IDENTITY_ENDPOINT: `${url}/msi/token`, IDENTITY_HEADER: 'header-of-the-site' }
}

/** A model that takes tokens alone. */
async function serveModel(accepts = () => true) {
  const url = await serve((request, response) => {
    const isTaken = request.headers.authorization?.startsWith('Bearer eyJ') && accepts()
    if (isTaken) return response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[]}')
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end('{"error":{"code":"401","message":"Access denied."}}')
  })
  return { AZURE_OPENAI_ENDPOINT: url }
}

const ask = (env: object) => doctor(env as Record<string, string>, ['--only', 'identity,model'])

describe('llmops doctor on the identity', () => {
  it('finds nothing wrong where the site has one that the model accepts', async () => {
    const report = await ask({ ...(await serveIdentity()), ...(await serveModel()), AZURE_CLIENT_ID: MINE })
    expect(report).toMatchObject({ verdict: 'healthy', code: 0 })
    expect(of('identity', report).map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/the app is principal principal-of-the-site \(client 1111.*for 60 minutes/),
      'Azure OpenAI accepts the token',
    ])
  })

  it('names it where AZURE_CLIENT_ID is of no identity of the site, says what differs, and blames no model', async () => {
    const report = await ask({ ...(await serveIdentity()), ...(await serveModel()), AZURE_CLIENT_ID: OTHER })
    expect(report).toMatchObject({ broken: ['identity'], code: 1 })
    expect(report.summary).toMatch(
      /AZURE_CLIENT_ID 9999.*400: No User Assigned.*without that variable the machine is principal/,
    )
    expect(report.next.join()).toContain(MINE)
    expect(of('model', report)[0]!.status).toBe('skipped')
  })

  it('names it where the secret of the endpoint is wrong or missing', async () => {
    const [identity, model] = await Promise.all([serveIdentity(), serveModel()])
    expect((await ask({ ...identity, ...model, IDENTITY_HEADER: 'another-header' })).broken).toEqual(['identity'])
    const without = await ask({ ...identity, ...model, IDENTITY_HEADER: undefined })
    expect(without).toMatchObject({ broken: ['identity'] })
    expect(without.summary).toContain('IDENTITY_HEADER is not')
  })

  it('names it where the model does not accept the token', async () => {
    const report = await ask({ ...(await serveIdentity()), ...(await serveModel(() => false)) })
    expect(report.broken).toEqual(['identity'])
    expect(report.next.join()).toMatch(/another tenant/)
  })

  it('warns where the variables of the app name another principal than the site', async () => {
    const authority = await serve((_, response) =>
      response.end(JSON.stringify({ access_token: tokenOf({ oid: 'principal-of-the-secret', appid: OTHER }) })),
    )
    const own = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: OTHER, AZURE_CLIENT_SECRET: 'secret-of-nobody' }
    const env = { ...(await serveIdentity()), ...(await serveModel()), ...own, AZURE_AUTHORITY_HOST: authority }
    const report = await ask(env)
    expect(report.code).toBe(0)
    expect(of('identity', report).find(({ status }) => status === 'warning')!.detail).toMatch(
      /own variables name principal principal-of-the-secret.*machine's identity is principal principal-of-the-site/,
    )
  })

  it("names it where the app's own secret is wrong, as Microsoft Entra ID says it", async () => {
    const authority = await serve((_, response) =>
      response
        .writeHead(401)
        .end(
          '{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\\r\\nTrace ID: x"}',
        ),
    )
    const own = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: OTHER, AZURE_CLIENT_SECRET: 'secret-of-nobody' }
    const report = await ask({ ...(await serveModel()), ...own, AZURE_AUTHORITY_HOST: authority })
    expect(report.broken).toEqual(['identity'])
    expect(report.summary).toMatch(/AADSTS7000215: Invalid client secret provided/)
  })

  it('takes the identity of a virtual machine, where there is no endpoint of a site', async () => {
    const machine = await serve((request, response) => {
      const isAsked = request.headers['metadata'] === 'true' && request.url!.includes('api-version=2018-02-01')
      response
        .writeHead(isAsked ? 200 : 400)
        .end(JSON.stringify({ access_token: tokenOf({ oid: 'principal-of-the-machine' }) }))
    })
    const report = await ask({ ...(await serveModel()), AZURE_POD_IDENTITY_AUTHORITY_HOST: machine })
    expect(report.code).toBe(0)
    expect(of('identity', report)[0]!.detail).toContain('principal-of-the-machine')
  })

  it('fails on App Service without an identity, and only warns on a machine of a developer', async () => {
    const nobody = { AZURE_POD_IDENTITY_AUTHORITY_HOST: 'http://127.0.0.1:1', ...(await serveModel()) }
    expect((await ask({ ...nobody, WEBSITE_SITE_NAME: 'shop' })).broken).toEqual(['identity'])
    expect(await ask(nobody)).toMatchObject({ broken: [], code: 0 })
  })

  it('shows no token and no secret', async () => {
    const report = await ask({ ...(await serveIdentity()), ...(await serveModel()) })
    expect(report.stdout).not.toMatch(/eyJ|header-of-the-site/)
  })
})
