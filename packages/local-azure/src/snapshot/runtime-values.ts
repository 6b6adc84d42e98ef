import { emulatedGuid } from './emulated-guid.ts'
import type { RuntimeFunctions } from './resolve.ts'

export const RESOURCE_MANAGER_URL = 'https://management.azure.com/'

/** Each deployment creates a new probe token. On loopback it is always this one. */
export const PROBE_TOKEN = emulatedGuid('newGuid')

export type RuntimeAddresses = {
  /** The signed address of the workflow's trigger. */
  readonly callbackUrl: string
  /** The ingestion endpoint of Application Insights. */
  readonly telemetryUrl: string
}

/** The values, on loopback, of expressions that only a deployment can evaluate. */
export function runtimeFunctions({ callbackUrl, telemetryUrl }: RuntimeAddresses): RuntimeFunctions {
  return {
    environment: () => ({
      resourceManager: RESOURCE_MANAGER_URL,
      authentication: { loginEndpoint: 'https://login.microsoftonline.com/' },
    }),
    tenant: () => ({ tenantId: emulatedGuid('tenant') }),
    newGuid: () => PROBE_TOKEN,
    // A snapshot has no values of secure parameters. Nothing here reads the secret that is made from one.
    parameters: (name) => emulatedGuid(`parameter ${name}`),
    listCallbackUrl: () => ({ value: callbackUrl }),
    reference: (id, _apiVersion, full) => {
      const identity = identityOf(String(id))
      if (full === 'full') return { identity }
      const endpoints = `IngestionEndpoint=${telemetryUrl}/;LiveEndpoint=${telemetryUrl}/`
      return { ...identity, ConnectionString: `InstrumentationKey=${instrumentationKeyOf(String(id))};${endpoints}` }
    },
  }
}

/** The identity of a resource; the same id gives the same identity in every run. */
export function identityOf(resourceId: string) {
  return {
    principalId: emulatedGuid(`principal of ${resourceId.toLowerCase()}`),
    clientId: emulatedGuid(`client of ${resourceId.toLowerCase()}`),
    tenantId: emulatedGuid('tenant'),
  }
}

/** The instrumentation key of an Application Insights component. Its telemetry carries this key. */
export function instrumentationKeyOf(resourceId: string): string {
  return emulatedGuid(`key of ${resourceId.toLowerCase()}`)
}
