import { readFile } from 'node:fs/promises'

type Variables = Readonly<Record<string, string | undefined>>

/** Where an identity comes from. */
export type IdentitySource = {
  readonly name: string
  /** @throws IdentityRefusedError */
  token(resource: string, signal: AbortSignal): Promise<Token>
}

export type Token = {
  readonly value: string
  /** Of the token's own claims; an unknown form has none. */
  readonly principalId: string | undefined
  readonly clientId: string | undefined
  readonly tenantId: string | undefined
  readonly expiresAtMs: number | undefined
}

/** The service that issues tokens refused. */
export class IdentityRefusedError extends Error {
  override readonly name = 'IdentityRefusedError'
  readonly status: number

  constructor(status: number, reason: string) {
    super(`${status}${reason && `: ${reason}`}`)
    this.status = status
  }
}

const IMDS = 'http://169.254.169.254'
const LOGIN = 'https://login.microsoftonline.com'

/**
 * The managed identity of App Service, Container Apps and Functions.
 * Source: learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 *
 * @param clientId of a user-assigned identity; without it, the system-assigned one, or the only one.
 */
export function managedIdentity(variables: Variables, clientId: string | undefined): IdentitySource {
  return {
    name: 'IDENTITY_ENDPOINT',
    async token(resource, signal) {
      const url = new URL(variables['IDENTITY_ENDPOINT']!)
      url.searchParams.set('resource', resource)
      url.searchParams.set('api-version', '2019-08-01')
      if (clientId) url.searchParams.set('client_id', clientId)
      const headers = { 'x-identity-header': variables['IDENTITY_HEADER'] ?? '' }
      return readToken(await fetch(url, { headers, signal }))
    },
  }
}

/**
 * The identity of a virtual machine.
 * Source: learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
export function machineIdentity(variables: Variables, clientId: string | undefined): IdentitySource {
  return {
    name: 'IMDS',
    async token(resource, signal) {
      // The Azure SDKs read the endpoint from this variable.
      const url = new URL('/metadata/identity/oauth2/token', variables['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? IMDS)
      url.searchParams.set('api-version', '2018-02-01')
      url.searchParams.set('resource', resource)
      if (clientId) url.searchParams.set('client_id', clientId)
      return readToken(await fetch(url, { headers: { metadata: 'true' }, signal }))
    },
  }
}

/** What the app's own variables sign in as: a client secret, or the token file of a workload identity. */
export function ownIdentity(variables: Variables): IdentitySource | undefined {
  const tenant = variables['AZURE_TENANT_ID']
  const client = variables['AZURE_CLIENT_ID']
  const secret = variables['AZURE_CLIENT_SECRET']
  const file = variables['AZURE_FEDERATED_TOKEN_FILE']
  if (!tenant || !client || !(secret || file)) return undefined
  return {
    name: secret ? 'AZURE_CLIENT_SECRET' : 'AZURE_FEDERATED_TOKEN_FILE',
    async token(resource, signal) {
      const url = new URL(`/${tenant}/oauth2/v2.0/token`, variables['AZURE_AUTHORITY_HOST'] || LOGIN)
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        scope: `${resource}/.default`,
        ...(secret ? { client_secret: secret } : await assertion(file!)),
      })
      return readToken(await fetch(url, { method: 'POST', body: form, signal }))
    },
  }
}

async function assertion(file: string) {
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: (await readFile(file, 'utf8')).trim(),
  }
}

async function readToken(response: Response): Promise<Token> {
  const text = await response.text()
  const body = parse(text) as Record<string, unknown> | undefined
  const value = body?.['access_token']
  if (!response.ok) throw new IdentityRefusedError(response.status, reasonIn(body) ?? text)
  if (typeof value !== 'string') throw new IdentityRefusedError(response.status, 'the answer holds no token')
  return { value, ...claimsOf(value, body!) }
}

/** The ways in which App Service, IMDS and Microsoft Entra ID say why. */
function reasonIn(body: Record<string, unknown> | undefined): string | undefined {
  const said = body?.['error_description'] ?? body?.['message'] ?? body?.['error']
  return typeof said === 'string' ? said.split(/\r?\n/)[0] : undefined
}

function claimsOf(token: string, body: Record<string, unknown>): Omit<Token, 'value'> {
  const claims = parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
  const text = (name: string) => (typeof claims?.[name] === 'string' ? (claims[name] as string) : undefined)
  const told = typeof body['client_id'] === 'string' ? body['client_id'] : undefined
  return {
    principalId: text('oid'),
    clientId: text('appid') ?? text('azp') ?? told,
    tenantId: text('tid'),
    expiresAtMs: typeof claims?.['exp'] === 'number' ? claims['exp'] * 1000 : undefined,
  }
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
