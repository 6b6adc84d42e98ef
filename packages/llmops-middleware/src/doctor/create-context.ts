import type { Context } from './context.ts'
import { askModel, type ModelAnswer } from './models/ask-model.ts'
import { keyHeaders, type ModelTarget } from './models/model-target.ts'
import { addressesOf } from './probes/address.ts'
import { type Asked, bounded } from './probes/bounded.ts'
import { connectTo, portOf } from './probes/connect.ts'
import { type IdentitySource, machineIdentity, managedIdentity, ownIdentity } from './probes/identity-tokens.ts'
import { proxyFor } from './probes/proxy.ts'

const RESOLVE_MS = 3000
const CONNECT_MS = 3000
const TOKEN_MS = 3000
/** Outside Azure this address does not answer, and connections to it are not refused. */
const MACHINE_MS = 500

/** Everything that several checks ask, each asked once. */
export function createContext(
  given: Omit<Context, 'addressesOf' | 'connectionTo' | 'tokenFor' | 'answersOf'>,
): Context {
  const { variables, signal, options, secrets } = given
  const once = memo()
  const context: Context = {
    ...given,
    addressesOf: (hostname) => once(`dns ${hostname}`, () => bounded(RESOLVE_MS, signal, () => addressesOf(hostname))),
    connectionTo: (url) =>
      once(`tcp ${url.protocol}${url.hostname}:${portOf(url)}`, async () => {
        const addresses = await context.addressesOf(url.hostname)
        return addresses.ok ? await bounded(CONNECT_MS, signal, (signal) => connectTo(url, signal)) : undefined
      }),
    tokenFor: (resource) =>
      once(`token ${resource}`, async () => {
        const source = await sourceOf(resource)
        if (source === undefined) return undefined
        if ('ms' in source) return source
        return await bounded(TOKEN_MS, signal, (signal) => source.token(resource, signal))
      }),
    answersOf: (target) => once(`model ${target.from} ${target.baseUrl} ${target.model}`, () => answers(target)),
  }
  return context

  /** In the order of DefaultAzureCredential; a machine off Azure has none. */
  async function sourceOf(resource: string): Promise<IdentitySource | Awaited<ReturnType<Context['tokenFor']>>> {
    const own = ownIdentity(variables)
    if (own) return own
    const clientId = variables['AZURE_CLIENT_ID']
    if (variables['IDENTITY_ENDPOINT']) return managedIdentity(variables, clientId)
    const machine = machineIdentity(variables, clientId)
    const asked = await bounded(MACHINE_MS, signal, (signal) => machine.token(resource, signal))
    // The model answered: what it said is about this machine.
    return asked.ok || asked.error.name === 'IdentityRefusedError' ? asked : undefined
  }

  async function answers(target: ModelTarget): Promise<readonly Asked<ModelAnswer>[] | undefined> {
    const [connection, headers] = await Promise.all([
      context.connectionTo(proxyFor(target.baseUrl, variables) ?? target.baseUrl),
      headersFor(target),
    ])
    if (!connection?.ok || headers === undefined) return undefined
    const asked: Asked<ModelAnswer>[] = []
    // One after another, so that each is timed by itself.
    for (let call = 0; call < options.calls && !signal.aborted; call++) {
      const answer = await bounded(options.timeoutMs, signal, (signal) => askModel(target, headers, signal))
      asked.push(answer)
      if (!answer.ok || answer.value.kind === 'refused' || answer.value.kind === 'foreign') break
    }
    return asked
  }

  async function headersFor({ credential }: ModelTarget): Promise<Record<string, string> | undefined> {
    if (credential.kind === 'none') return {}
    if (credential.kind === 'key') return keyHeaders(credential)
    const token = await context.tokenFor(credential.resource)
    if (!token?.ok) return undefined
    secrets.add(token.value.value)
    return { authorization: `Bearer ${token.value.value}` }
  }
}

function memo() {
  const asked = new Map<string, Promise<unknown>>()
  return <T>(question: string, ask: () => Promise<T>): Promise<T> => {
    const before = asked.get(question) as Promise<T> | undefined
    if (before) return before
    const answer = ask()
    asked.set(question, answer)
    return answer
  }
}
