import type { Context } from '../context.ts'
import type { ModelTarget } from '../models/model-target.ts'
import { reasonOf } from '../probes/bounded.ts'
import { type Connection, portOf } from '../probes/connect.ts'
import { namedBy, proxyFor } from '../probes/proxy.ts'
import type { Finding } from '../report.ts'

const DAY_MS = 86_400_000
const RENEW_DAYS = 14

export async function checkNetwork(context: Context): Promise<readonly Finding[]> {
  const byHost = new Map(context.models.map((target) => [`${target.baseUrl.protocol}${target.baseUrl.host}`, target]))
  if (byHost.size === 0) return [{ layer: 'network', status: 'skipped', detail: 'no model endpoint is named' }]
  return await Promise.all([...byHost.values()].map((target) => check(context, target)))
}

async function check(context: Context, target: ModelTarget): Promise<Finding> {
  const { baseUrl } = target
  const proxy = proxyFor(baseUrl, context.variables)
  const url = proxy ?? baseUrl
  const at = `${url.hostname}:${portOf(url)}${proxy ? ' (proxy)' : ''}`
  const asked = await context.connectionTo(url)
  if (asked === undefined) {
    return { layer: 'network', status: 'skipped', detail: `${at} was not asked: its name does not resolve` }
  }
  if (!asked.ok) {
    const reason = reasonOf(asked.error)
    return {
      layer: 'network',
      status: 'failed',
      detail: `no connection to ${at}: ${reason}`,
      next: hintFor(reason, namedBy(target, context.variables)),
      ms: asked.ms,
      data: { at, reason },
    }
  }
  return { layer: 'network', ...connected(at, asked.value), ms: asked.ms, data: { at, ...asked.value } }
}

function connected(at: string, { tls }: Connection): Pick<Finding, 'status' | 'detail' | 'next'> {
  if (!tls) return { status: 'ok', detail: `${at} takes connections` }
  const days = Math.floor((Date.parse(tls.validUntil) - Date.now()) / DAY_MS)
  const detail = `${at} speaks ${tls.protocol}; its certificate, of ${tls.issuer ?? 'an unnamed issuer'}, is good for ${days} days`
  if (days >= RENEW_DAYS) return { status: 'ok', detail }
  return { status: 'warning', detail, next: 'Renew the certificate before it ends.' }
}

function hintFor(reason: string, from: string | undefined): string {
  if (from === undefined && /ECONNREFUSED|CERT_|ALTNAME|EPROTO|SSL|TLS|ECONNRESET/.test(reason)) {
    return 'The address is right: look for a firewall, or for a proxy that the network wants (NODE_USE_ENV_PROXY).'
  }
  if (reason === 'ECONNREFUSED') return `Nothing listens there: look at the port in ${from}.`
  if (/SELF_SIGNED|UNABLE_TO|DEPTH_ZERO/.test(reason)) {
    return 'The certificate is of no authority that Node knows: name yours with NODE_EXTRA_CA_CERTS. A firewall that reads TLS does this.'
  }
  if (/CERT|ALTNAME/.test(reason)) return `The certificate is expired or of another name: look at the host in ${from}.`
  if (/EPROTO|SSL|TLS|ECONNRESET/.test(reason))
    return `What listens there ended TLS: look at the port in ${from}, and for a firewall.`
  return 'Packets are lost on the way: look at firewall, network security group, routes and private endpoint.'
}
