import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppService } from '../app-service/app-service.ts'
import type { Site } from '../app-service/site.ts'
import type { TokenService } from '../identity/token-service.ts'
import { type Listening, listen } from '../network/listen.ts'
import { readBody } from '../network/read-body.ts'
import { sendJson } from '../network/send-json.ts'
import { RESOURCE_MANAGER_URL } from '../snapshot/runtime-values.ts'
import { ArmError, resourceNotFound } from './arm-error.ts'
import { type Grant, isAllowed } from './authorization.ts'
import { INTRODUCTION_PATH, type Introduction } from './introduction.ts'
import { type ArmResponse, siteRoutes } from './site-routes.ts'

type ArmFault = (request: {
  method: string
  path: string
}) => ArmResponse | undefined | Promise<ArmResponse | undefined>

export type ArmOptions = {
  readonly site: Site
  readonly appService: AppService
  readonly tokens: TokenService
  readonly grants: readonly Grant[]
  /** Returned to any caller on loopback, without a token. */
  readonly introduce: () => Introduction
  /** Names of the stateful rules that fire now. */
  readonly firing: () => readonly string[]
  /** Called for every request. A test returns a response from it to make ARM throttle or fail. */
  readonly fault?: ArmFault | undefined
}

const BODY_LIMIT_BYTES = 1_000_000

/** Azure Resource Manager for one web app: the calls that a healer and a promotion make, with tokens and roles. */
export function openArm({
  site,
  appService,
  tokens,
  grants,
  introduce,
  firing,
  fault,
}: ArmOptions): Promise<Listening> {
  const routes = siteRoutes(site, appService)
  return listen(async (request, response) => {
    try {
      const { status, headers, body } = await handle(request)
      if (body === undefined) response.writeHead(status, headers).end()
      else sendJson(response, status, body, headers)
    } catch (error) {
      sendError(response, error)
    }
  })

  async function handle(request: IncomingMessage): Promise<ArmResponse> {
    const url = new URL(request.url ?? '/', RESOURCE_MANAGER_URL)
    const method = request.method ?? 'GET'
    if (url.pathname === INTRODUCTION_PATH) return { status: 200, body: introduce() }
    const injected = await fault?.({ method, path: url.pathname })
    if (injected !== undefined) return injected
    const principalId = authenticate(request, tokens)
    if (!url.searchParams.has('api-version')) {
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required.',
      )
    }
    const siteId = site.resource.id
    const alerts = alertsPathOf(siteId)
    if (url.pathname.toLowerCase() === alerts.toLowerCase()) {
      const action = 'Microsoft.AlertsManagement/alerts/read'
      if (!isAllowed(grants, principalId, action, alerts)) throw forbidden(principalId, action, url)
      return { status: 200, body: { value: firing().map((rule) => describeAlert(siteId, rule)) } }
    }
    assertWithin(url.pathname, siteId)
    const rest = url.pathname.slice(siteId.length)
    for (const route of routes) {
      const match = route.path.exec(rest)
      if (match === null || route.method !== method) continue
      if (!isAllowed(grants, principalId, route.action, url.pathname)) throw forbidden(principalId, route.action, url)
      return route.respond(match.groups ?? {}, await readJson(request))
    }
    throw resourceNotFound(url.pathname)
  }
}

/** Alerts belong to the subscription, not to the resource. */
function alertsPathOf(siteId: string): string {
  return `/subscriptions/${siteId.split('/')[2]}/providers/Microsoft.AlertsManagement/alerts`
}

function describeAlert(siteId: string, rule: string) {
  const alertRule = `${siteId.split('/providers/')[0]}/providers/Microsoft.Insights/metricAlerts/${rule}`
  return { name: rule, properties: { essentials: { alertRule, monitorCondition: 'Fired', signalType: 'Metric' } } }
}

/** Refuses an unknown id as Azure does: it names the first unknown part, from the subscription inwards. */
function assertWithin(path: string, siteId: string): void {
  const [asked, known] = [path.toLowerCase().split('/'), siteId.toLowerCase().split('/')]
  const [subscription, group] = [path.split('/')[2], path.split('/')[4]]
  if (asked[2] !== known[2]) {
    throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`)
  }
  if (asked[4] !== known[4]) {
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`)
  }
  if (!known.every((part, index) => asked[index] === part)) throw resourceNotFound(path)
}

function authenticate(request: IncomingMessage, tokens: TokenService): string {
  const header = request.headers.authorization
  if (header === undefined) {
    throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.")
  }
  const claims = header.startsWith('Bearer ') ? tokens.verify(header.slice('Bearer '.length)) : undefined
  if (claims === undefined) throw new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.')
  if (!RESOURCE_MANAGER_URL.startsWith(claims.aud)) {
    throw new ArmError(401, 'InvalidAuthenticationTokenAudience', `The token is for ${claims.aud}, not for Azure.`)
  }
  return claims.oid
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request, BODY_LIMIT_BYTES)
  if (text === undefined) throw new ArmError(413, 'RequestEntityTooLarge', 'The body is too large.')
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new ArmError(400, 'InvalidRequestContent', 'The request content was invalid and could not be deserialized.')
  }
}

function forbidden(principalId: string, action: string, url: URL): ArmError {
  const message = `The client with object id '${principalId}' does not have authorization to perform action '${action}' over scope '${url.pathname}'.`
  return new ArmError(403, 'AuthorizationFailed', message)
}

function sendError(response: ServerResponse, error: unknown): void {
  const refused = error instanceof ArmError ? error : new ArmError(500, 'InternalServerError', String(error))
  sendJson(response, refused.status, { error: { code: refused.code, message: refused.message } })
}
