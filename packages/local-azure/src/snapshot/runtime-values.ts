import { emulatedGuid } from './emulated-guid.ts'
import type { RuntimeFunctions } from './resolve.ts'

export const RESOURCE_MANAGER_URL = 'https://management.azure.com/'

/** A secret that each deployment makes anew; on loopback there is one. */
export const PROBE_TOKEN = emulatedGuid('newGuid')

export type RuntimeAddresses = {
  /** The signed address of the workflow's trigger. */
  readonly callbackUrl: string
  /** Where Application Insights takes telemetry. */
  readonly telemetryUrl: string
}

/** What a deployment on loopback answers to the expressions that only a deployment can answer. */
export function runtimeFunctions({ callbackUrl, telemetryUrl }: RuntimeAddresses): RuntimeFunctions {
  return {
    environment: () => ({
      resourceManager: RESOURCE_MANAGER_URL,
      authentication: { loginEndpoint: 'https://login.microsoftonline.com/' },
    }),
    tenant: () => ({ tenantId: emulatedGuid('tenant') }),
    newGuid: () => PROBE_TOKEN,
    // A secure parameter, which a snapshot does not hold: here nothing reads the secret that is made of it.
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

/** What telemetry of an Application Insights component is marked with. */
export function instrumentationKeyOf(resourceId: string): string {
  return emulatedGuid(`key of ${resourceId.toLowerCase()}`)
}
