import type { TokenCredential } from '@azure/identity'
import { credentialOf } from '../model/credential.ts'
import { isLoopback } from '../settings/kinds.ts'

/** What the exporter of Azure Monitor needs besides the connection string. */
export type Ingestion = {
  readonly credential?: TokenCredential
  readonly host?: string
  readonly allowInsecureConnection?: boolean
  readonly disableOfflineStorage?: boolean
}

/**
 * As the deployed agent's, Application Insights takes telemetry only from identities that may send it: the connection
 * string is no secret. An ingestion endpoint on this machine, as a drill has one, gets no token: otherwise the exporter
 * insists on https, and keeps on disk what it could not send for a process that will never come.
 */
export function ingestion(connectionString: string, clientId: string | undefined): Ingestion {
  const host = /(?:^|;)IngestionEndpoint=(http:[^;]+)/i.exec(connectionString)?.[1]
  if (host && URL.canParse(host) && isLoopback(new URL(host).hostname)) {
    return { host, allowInsecureConnection: true, disableOfflineStorage: true }
  }
  return clientId === undefined ? {} : { credential: credentialOf(clientId) }
}
