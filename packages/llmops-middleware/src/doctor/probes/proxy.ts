import type { ModelTarget } from '../models/model-target.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** The proxy that Node's own `fetch` sends a request through: only with NODE_USE_ENV_PROXY, from version 24 on. */
export function proxyFor(url: URL, variables: Variables): URL | undefined {
  if (variables['NODE_USE_ENV_PROXY'] !== '1') return undefined
  const proxy = setAs(variables, `${url.protocol.slice(0, -1)}_proxy`)
  if (!proxy || !URL.canParse(proxy) || isExempt(url, setAs(variables, 'no_proxy'))) return undefined
  return new URL(proxy)
}

/** Where the address that is connected to stands: of the proxy, where there is one. */
export function namedBy({ baseUrl, from, isDefault }: ModelTarget, variables: Variables): string | undefined {
  if (proxyFor(baseUrl, variables)) return `${baseUrl.protocol.slice(0, -1)}_proxy`.toUpperCase()
  return isDefault ? undefined : from
}

const setAs = (variables: Variables, name: string) => variables[name] || variables[name.toUpperCase()]

function isExempt({ hostname }: URL, list = ''): boolean {
  return list
    .split(/[,\s]+/)
    .filter(Boolean)
    .map((entry) => entry.replace(/:\d+$/, '').replace(/^\*?\.?/, ''))
    .some((entry) => entry === '' || hostname === entry || hostname.endsWith(`.${entry}`))
}
