import { gzipSync } from 'node:zlib'
import type { TestPlatform } from './start-test-platform.ts'

export type Point = { name: string; value: number; count: number; min: number; max: number }

/** What the exporter in a process of the slot would send. */
export async function send(platform: TestPlatform, slot: 'production' | 'staging', metric: Point): Promise<void> {
  const { endpoint, key } = await connection(platform, slot)
  const { status } = await track(endpoint, key, metric)
  if (status !== 200) throw new Error(`Application Insights answered ${status}.`)
}

export function track(endpoint: string, iKey: string, metric: Point): Promise<Response> {
  const envelope = {
    name: 'Microsoft.ApplicationInsights.Metric',
    iKey,
    data: { baseType: 'MetricData', baseData: { metrics: [metric] } },
  }
  return fetch(`${endpoint}v2.1/track`, {
    method: 'POST',
    headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
    body: gzipSync(JSON.stringify(envelope)),
  })
}

export async function connection(platform: TestPlatform, slot: 'production' | 'staging') {
  const url = slot === 'production' ? platform.productionUrl : platform.stagingUrl
  const environment = (await (await fetch(`${url}/environment`)).json()) as Record<string, string>
  const fields = Object.fromEntries(
    environment['APPLICATIONINSIGHTS_CONNECTION_STRING']!.split(';').map(
      (field) => field.split('=') as [string, string],
    ),
  )
  return { endpoint: fields['IngestionEndpoint']!, key: fields['InstrumentationKey']! }
}
