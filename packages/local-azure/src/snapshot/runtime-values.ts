import { emulatedGuid } from './emulated-guid.ts'
import type { RuntimeFunctions } from './resolve.ts'

export const resourceManagerUrl = 'https://management.azure.com/'

/** What a deployment on loopback answers to the expressions that only a deployment can answer. */
export function runtimeFunctions(callbackUrl: string): RuntimeFunctions {
  return {
    environment: () => ({ resourceManager: resourceManagerUrl }),
    tenant: () => ({ tenantId: emulatedGuid('tenant') }),
    newGuid: () => emulatedGuid('newGuid'),
    listCallbackUrl: () => ({ value: callbackUrl }),
    reference: (id, _apiVersion, full) => {
      const properties = identityOf(String(id))
      return full === 'full' ? { identity: properties } : { ...properties, ...telemetryOf(String(id)) }
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

function telemetryOf(resourceId: string) {
  return { ConnectionString: `InstrumentationKey=${emulatedGuid(`key of ${resourceId.toLowerCase()}`)}` }
}
