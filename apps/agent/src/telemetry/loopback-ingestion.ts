import { isLoopback } from '../settings/kinds.ts'

/**
 * What the exporter needs to send to an ingestion endpoint on this machine, as a drill has one: otherwise it insists on
 * https, and keeps on disk what it could not send for a process that will never come.
 */
export function loopbackIngestion(connectionString: string) {
  const host = /(?:^|;)IngestionEndpoint=(http:[^;]+)/i.exec(connectionString)?.[1]
  if (!host || !URL.canParse(host) || !isLoopback(new URL(host).hostname)) return {}
  return { host, allowInsecureConnection: true, disableOfflineStorage: true }
}
