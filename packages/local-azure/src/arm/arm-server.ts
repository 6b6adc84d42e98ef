import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppService } from '../app-service/app-service.ts'
import type { Site } from '../app-service/site.ts'
import type { TokenService } from '../identity/token-service.ts'
import { type Listening, listen } from '../network/listen.ts'
import { readBody } from '../network/read-body.ts'
import { sendJson } from '../network/send-json.ts'
import { resourceManagerUrl } from '../snapshot/runtime-values.ts'
import { ArmError } from './arm-error.ts'
import { type Grant, isAllowed } from './authorization.ts'
import { Operations } from './operations.ts'
import { Tags } from './tags.ts'

export type ArmOptions = {
  site: Site
  appService: AppService
  tokens: TokenService
  grants: readonly Grant[]
  /** Stands before every answer; a test makes ARM throttle or fail with it. */
  fault?: (request: {
    method: string
    path: string
  }) => { status: number; headers?: Record<string, string> } | undefined
}

type Answer = { status: number; body?: unknown; headers?: Record<string, string> }

type Route = {
  method: string
  /** What follows the site's id; groups are passed on. */
  path: RegExp
  action: string
  answer: (groups: Record<string, string>, body: unknown) => Answer
}

const bodyLimitBytes = 1_000_000

/** Azure Resource Manager for one web app: the calls that a healer and a promotion make, with tokens and roles. */
export function openArm({ site, appService, tokens, grants, fault }: ArmOptions): Promise<Listening> {
  const routes = siteRoutes(site, appService)
  return listen(async (request, response) => {
    try {
      const answer = await handle(request)
      if (answer.body === undefined) response.writeHead(answer.status, answer.headers).end()
      else sendJson(response, answer.status, answer.body, answer.headers)
    } catch (error) {
      sendError(response, error)
    }
  })

  async function handle(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', resourceManagerUrl)
    const method = request.method ?? 'GET'
    const injected = fault?.({ method, path: url.pathname })
    if (injected !== undefined) return { ...injected, body: { error: { code: 'Injected', message: 'A fault.' } } }
    const principalId = authenticate(request, tokens)
    if (!url.searchParams.has('api-version')) {
      throw new ArmError(
        400,
        'MissingApiVersionParameter',
        'The api-version query parameter (?api-version=) is required.',
      )
    }
    const siteId = site.resource.id
    if (!url.pathname.toLowerCase().startsWith(siteId.toLowerCase())) throw notFound(url.pathname)
    const rest = url.pathname.slice(siteId.length)
    for (const route of routes) {
      const match = route.path.exec(rest)
      if (match === null || route.method !== method) continue
      if (!isAllowed(grants, principalId, route.action, url.pathname)) throw forbidden(principalId, route.action, url)
      return route.answer(match.groups ?? {}, await readJson(request))
    }
    throw notFound(url.pathname)
  }
}

function siteRoutes(site: Site, appService: AppService): Route[] {
  const operations = new Operations()
  const tags = new Tags((site.resource['tags'] ?? {}) as Record<string, string>)
  const slotSwap = (source: string, body: unknown): Answer => {
    const { targetSlot: target, preserveVnet } = (body ?? {}) as { targetSlot?: unknown; preserveVnet?: unknown }
    if (typeof target !== 'string' || typeof preserveVnet !== 'boolean') {
      throw new ArmError(400, 'BadRequest', 'The body of a swap is { "targetSlot": string, "preserveVnet": boolean }.')
    }
    for (const slot of [source, target])
      if (!appService.hasSlot(slot)) throw notFound(`${site.resource.id}/slots/${slot}`)
    if (source === target) throw new ArmError(400, 'BadRequest', 'A slot cannot be swapped with itself.')
    if (appService.isSwapping) {
      throw new ArmError(409, 'Conflict', 'Cannot modify this site because another operation is in progress.')
    }
    const id = operations.start(appService.swap(source, target))
    const path = source === 'production' ? '' : `/slots/${source}`
    return { status: 202, headers: { location: locationOf(`${site.resource.id}${path}/operationresults/${id}`) } }
  }
  const describe = (slot: string) => ({
    status: 200,
    body: describeSlot(site, appService, slot, tags.all()),
  })
  return [
    { method: 'GET', path: /^$/, action: 'Microsoft.Web/sites/read', answer: () => describe('production') },
    {
      method: 'GET',
      path: /^\/slots\/(?<slot>[^/]+)$/,
      action: 'Microsoft.Web/sites/slots/read',
      answer: ({ slot }) => describe(slot!),
    },
    {
      method: 'POST',
      path: /^\/slots\/(?<slot>[^/]+)\/slotsswap$/,
      action: 'Microsoft.Web/sites/slots/slotsswap/action',
      answer: ({ slot }, body) => slotSwap(slot!, body),
    },
    {
      method: 'POST',
      path: /^\/slotsswap$/,
      action: 'Microsoft.Web/sites/slotsswap/action',
      answer: (_, body) => slotSwap('production', body),
    },
    {
      method: 'GET',
      path: /^\/slots\/[^/]+\/operationresults\/(?<id>[^/]+)$/,
      action: 'Microsoft.Web/sites/slots/operationresults/read',
      answer: ({ id }) => operations.answer(id!),
    },
    {
      method: 'GET',
      path: /^\/operationresults\/(?<id>[^/]+)$/,
      action: 'Microsoft.Web/sites/operationresults/read',
      answer: ({ id }) => operations.answer(id!),
    },
    {
      method: 'PATCH',
      path: /^\/providers\/Microsoft\.Resources\/tags\/default$/,
      action: 'Microsoft.Resources/tags/write',
      answer: (_, body) => ({ status: 200, body: { properties: { tags: tags.apply(body) } } }),
    },
  ]
}

function describeSlot(site: Site, appService: AppService, slot: string, tags: Record<string, string>) {
  const declared = site.slots.find(({ name }) => name === slot)
  if (declared === undefined) throw notFound(`${site.resource.id}/slots/${slot}`)
  const isProduction = slot === 'production'
  return {
    id: declared.resourceId,
    name: isProduction ? site.name : `${site.name}/${slot}`,
    type: isProduction ? 'Microsoft.Web/sites' : 'Microsoft.Web/sites/slots',
    kind: site.resource['kind'],
    location: site.resource['location'],
    ...(isProduction ? { tags } : {}),
    properties: {
      state: 'Running',
      defaultHostName: declared.host,
      hostNames: [declared.host],
      slotSwapStatus: isProduction ? (appService.lastSwap ?? null) : null,
    },
  }
}

function authenticate(request: IncomingMessage, tokens: TokenService): string {
  const header = request.headers.authorization
  if (header === undefined) {
    throw new ArmError(401, 'AuthenticationFailed', "Authentication failed. The 'Authorization' header is missing.")
  }
  const claims = header.startsWith('Bearer ') ? tokens.verify(header.slice('Bearer '.length)) : undefined
  if (claims === undefined) throw new ArmError(401, 'InvalidAuthenticationToken', 'The access token is invalid.')
  if (!resourceManagerUrl.startsWith(claims.aud)) {
    throw new ArmError(401, 'InvalidAuthenticationTokenAudience', `The token is for ${claims.aud}, not for Azure.`)
  }
  return claims.oid
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request, bodyLimitBytes)
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

function notFound(path: string): ArmError {
  return new ArmError(404, 'ResourceNotFound', `The Resource '${path}' was not found.`)
}

function locationOf(path: string): string {
  return `${new URL(path, resourceManagerUrl).href}?api-version=2024-04-01`
}

function sendError(response: ServerResponse, error: unknown): void {
  const refused = error instanceof ArmError ? error : new ArmError(500, 'InternalServerError', String(error))
  sendJson(response, refused.status, { error: { code: refused.code, message: refused.message } })
}
