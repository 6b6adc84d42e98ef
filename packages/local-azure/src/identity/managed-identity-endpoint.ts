import { type Listening, listen } from '../network/listen.ts'
import { sendJson } from '../network/send-json.ts'
import type { TokenService } from './token-service.ts'

export type ManagedIdentity = { readonly principalId: string; readonly clientId: string }

/**
 * The token endpoint whose address App Service passes to its processes as IDENTITY_ENDPOINT.
 * Source: learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export function openManagedIdentityEndpoint(
  tokens: TokenService,
  identities: readonly ManagedIdentity[],
  secret: string,
): Promise<Listening> {
  return listen((request, response) => {
    const query = new URL(request.url ?? '/', 'http://loopback').searchParams
    const [resource, clientId] = [query.get('resource'), query.get('client_id')]
    // The header proves that the process itself calls, and that it was not tricked into fetching this URL (SSRF).
    if (request.headers['x-identity-header'] !== secret) return sendJson(response, 401, { statusCode: 401 })
    const identity = clientId === null ? identities[0] : identities.find((known) => known.clientId === clientId)
    if (resource === null || identity === undefined) {
      return sendJson(response, 400, {
        statusCode: 400,
        message: 'No such identity, or no resource to issue a token for.',
      })
    }
    const { token, expiresAt } = tokens.issue(identity.principalId, resource)
    sendJson(response, 200, {
      access_token: token,
      expires_on: String(Math.floor(expiresAt / 1000)),
      resource,
      token_type: 'Bearer',
      client_id: identity.clientId,
    })
  })
}
