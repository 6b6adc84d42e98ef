import type { TokenCredential } from '@azure/identity'
import { credentialOf } from '../model/credential.ts'
import { isLoopback } from '../settings/kinds.ts'

/** Options of the Azure Monitor exporter besides the connection string. */
export type Ingestion = {
  readonly credential?: TokenCredential
  readonly host?: string
  readonly allowInsecureConnection?: boolean
  readonly disableOfflineStorage?: boolean
}

/**
 * Chooses how telemetry is sent. The deployed Application Insights accepts it only from identities with a role, since the
 * connection string is not a secret. The local endpoint of a drill gets no token, because with a token the exporter
 * requires https. Nor does the exporter keep unsent telemetry on disk there, as no later process would send it.
 */
export function ingestion(connectionString: string, clientId: string | undefined): Ingestion {
  const host = /(?:^|;)IngestionEndpoint=(http:[^;]+)/i.exec(connectionString)?.[1]
  if (host && URL.canParse(host) && isLoopback(new URL(host).hostname)) {
    return { host, allowInsecureConnection: true, disableOfflineStorage: true }
  }
  return clientId === undefined ? {} : { credential: credentialOf(clientId) }
}
