import type { Context } from '../context.ts'
import { explainRefusal } from '../models/explain-answer.ts'
import type { ModelTarget } from '../models/model-target.ts'
import { AZURE_MODELS } from '../models/providers.ts'
import type { Asked } from '../probes/bounded.ts'
import { bounded, reasonOf } from '../probes/bounded.ts'
import { managedIdentity, ownIdentity, type Token } from '../probes/identity-tokens.ts'
import type { Finding } from '../report.ts'

const ANSWER_MS = 3000

export async function checkIdentity(context: Context): Promise<readonly Finding[]> {
  const [tokens, credentials] = await Promise.all([
    checkTokens(context),
    Promise.all(context.models.map((target) => checkCredential(context, target))),
  ])
  const findings = [...tokens, ...credentials.flat()]
  return findings.length > 0
    ? findings
    : [{ layer: 'identity', status: 'skipped', detail: 'nothing that is set needs an identity or a key' }]
}

/** What the endpoint says of the credential: the one who knows. */
async function checkCredential(context: Context, target: ModelTarget): Promise<Finding[]> {
  const answer = (await context.answersOf(target))?.find(({ ok }) => ok)
  if (!answer?.ok) return []
  const { value } = answer
  if (value.kind === 'refused') {
    const refusal = explainRefusal(value, target)
    return refusal.layer === 'identity' ? [{ ...refusal, status: 'failed', data: { status: value.status } }] : []
  }
  if (value.kind === 'foreign' || target.credential.kind === 'none') return []
  const what = target.credential.kind === 'key' ? `the key in ${target.credential.variable}` : 'the token'
  return [{ layer: 'identity', status: 'ok', detail: `${target.name} accepts ${what}` }]
}

async function checkTokens(context: Context): Promise<Finding[]> {
  const { variables, models } = context
  const resources = new Set(models.flatMap(({ credential: c }) => (c.kind === 'identity' ? [c.resource] : [])))
  const hasEndpoint = Boolean(variables['IDENTITY_ENDPOINT'])
  if (resources.size === 0 && !hasEndpoint && !ownIdentity(variables)) return []
  if (hasEndpoint && !variables['IDENTITY_HEADER']) return [NO_HEADER]
  const isNeeded = resources.size > 0
  const resource = [...resources][0] ?? AZURE_MODELS
  const [app, managed] = await Promise.all([context.tokenFor(resource), siteIdentity(context, resource)])
  if (app === undefined) return [none(variables)]
  if (!app.ok) return [refused(context, app.error, managed, isNeeded)]
  context.secrets.add(app.value.value)
  const mine: Finding = {
    layer: 'identity',
    status: 'ok',
    ms: app.ms,
    detail: `the app is ${whoIs(app.value)}`,
    data: claims(app),
  }
  if (!managed?.ok || !differ(app.value, managed.value)) return [mine]
  return [
    mine,
    {
      layer: 'identity',
      status: 'warning',
      detail: `the app's own variables name ${whoIs(app.value)}, and the machine's identity is ${whoIs(managed.value)}`,
      next: 'A role that one of them has, the other has not: give roles to the one that the app uses.',
      data: { app: claims(app), machine: claims(managed) },
    },
  ]
}

/** The identity of the machine if the app's own variables name none: it separates a wrong variable from a missing identity. */
async function siteIdentity(context: Context, resource: string): Promise<Asked<Token> | undefined> {
  const { variables, signal } = context
  if (!variables['IDENTITY_ENDPOINT'] || !(variables['AZURE_CLIENT_ID'] || ownIdentity(variables))) return undefined
  const asked = await bounded(ANSWER_MS, signal, (signal) =>
    managedIdentity(variables, undefined).token(resource, signal),
  )
  if (asked.ok) context.secrets.add(asked.value.value)
  return asked
}

function refused(context: Context, error: Error, site: Asked<Token> | undefined, isNeeded: boolean): Finding {
  const clientId = context.variables['AZURE_CLIENT_ID']
  const who = clientId ? `AZURE_CLIENT_ID ${clientId}` : "the machine's identity"
  const differs = site?.ok ? `; without that variable the machine is ${whoIs(site.value)}` : ''
  return {
    layer: 'identity',
    status: isNeeded ? 'failed' : 'warning',
    detail: `no token for ${who}: ${error.name === 'IdentityRefusedError' ? error.message : reasonOf(error)}${differs}`,
    next: site?.ok
      ? `Set AZURE_CLIENT_ID to the identity that the app has${site.value.clientId ? `, ${site.value.clientId}` : ''}, or assign the one it names.`
      : 'Assign a managed identity to the app, and restart it; the endpoint of the platform answers no token.',
    data: { clientId, ...(site?.ok && { machine: claims(site) }) },
  }
}

function none(variables: Context['variables']): Finding {
  if (variables['WEBSITE_SITE_NAME']) {
    return {
      layer: 'identity',
      status: 'failed',
      detail: 'the model wants an identity, and the site has none: IDENTITY_ENDPOINT is not set',
      next: 'Assign a managed identity to the site. A shell of its own may lack the variable: see --of.',
    }
  }
  return {
    layer: 'identity',
    status: 'warning',
    detail: 'the model wants an identity, and this machine has none',
    next: 'On a developer machine DefaultAzureCredential asks the Azure CLI (az login), which is not asked here.',
  }
}

const NO_HEADER: Finding = {
  layer: 'identity',
  status: 'failed',
  detail: 'IDENTITY_ENDPOINT is set and IDENTITY_HEADER is not: no token can be asked for',
  next: 'Both are set by the platform in the process of the app: run it there, or take them with --of.',
}

const claims = ({ value }: { value: Token }) => {
  const { value: _, ...told } = value
  return told
}

function whoIs({ principalId, clientId, expiresAtMs }: Token): string {
  const minutes = expiresAtMs === undefined ? '' : `, for ${Math.round((expiresAtMs - Date.now()) / 60_000)} minutes`
  return `${principalId ? `principal ${principalId}` : 'a principal'}${clientId ? ` (client ${clientId})` : ''}${minutes}`
}

function differ(a: Token, b: Token): boolean {
  return a.principalId !== undefined && b.principalId !== undefined && a.principalId !== b.principalId
}
