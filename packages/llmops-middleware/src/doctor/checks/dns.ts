import { isIP } from 'node:net'
import type { Context } from '../context.ts'
import type { ModelTarget } from '../models/model-target.ts'
import { kindOf } from '../probes/address.ts'
import { reasonOf } from '../probes/bounded.ts'
import { namedBy, proxyFor } from '../probes/proxy.ts'
import type { Finding } from '../report.ts'

export async function checkDns(context: Context): Promise<readonly Finding[]> {
  const byHost = new Map(context.models.map((target) => [target.baseUrl.hostname, target]))
  if (byHost.size === 0) return [{ layer: 'dns', status: 'skipped', detail: 'no model endpoint is named' }]
  return await Promise.all([...byHost.values()].map((target) => check(context, target)))
}

async function check(context: Context, target: ModelTarget): Promise<Finding> {
  const url = target.baseUrl
  const proxy = proxyFor(url, context.variables)
  const host = (proxy ?? url).hostname
  const name = proxy ? `${host}, the proxy for ${url.hostname},` : host
  const asked = await context.addressesOf(host)
  if (!asked.ok) {
    const reason = reasonOf(asked.error)
    return {
      layer: 'dns',
      status: 'failed',
      detail: `${name} does not resolve: ${reason}`,
      next: hintFor(reason, namedBy(target, context.variables), host),
      ms: asked.ms,
      data: { host, reason },
    }
  }
  const kinds = [...new Set(asked.value.map(kindOf))]
  if (isIP(host.replace(/^\[|\]$/g, ''))) {
    return {
      layer: 'dns',
      status: 'ok',
      detail: `${host} is an address (${kinds[0]}), not a name`,
      data: { host, kinds },
    }
  }
  return {
    layer: 'dns',
    status: kinds.length > 1 ? 'warning' : 'ok',
    detail: `${name} is ${asked.value.slice(0, 3).join(', ')} (${kinds.join(' and ')})`,
    ...(kinds.length > 1 && { next: 'The name has private and public addresses: which is used is chance.' }),
    ms: asked.ms,
    data: { host, addresses: asked.value, kinds },
  }
}

function hintFor(reason: string, from: string | undefined, host: string): string {
  if (reason === 'ENOTFOUND' || reason === 'ENODATA') {
    if (from === undefined)
      return 'The name is right: the machine is without a network, or its DNS servers know no public names.'
    const zone = host.endsWith('.azure.com')
      ? ' With a private endpoint, link its private DNS zone to the network of the app.'
      : ''
    return `No server knows the name: look for a typing error in ${from}.${zone}`
  }
  return 'The name server does not answer: look at the DNS servers of the network, and at its routes.'
}
