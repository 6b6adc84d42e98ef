import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type Listening, listen } from '../network/listen.ts'
import { sendJson } from '../network/send-json.ts'
import type { MetricStore } from './metric-store.ts'

type Envelope = { iKey?: unknown; data?: { baseType?: unknown; baseData?: { metrics?: unknown } } }

type Point = { name: string; value: number; count?: number; min?: number; max?: number }

/** The namespace of the custom metrics of an Application Insights component. */
const CUSTOM_METRICS = 'azure.applicationinsights'

const unzip = promisify(gunzip)

/**
 * Receives what the Azure Monitor exporter sends: `/v2.1/track`, with one JSON envelope per line or an array of them,
 * gzipped. It stores the metrics under the component of the instrumentation key, and calls `onMetrics` with its id.
 * Everything else is accepted and dropped.
 */
export function openTelemetryEndpoint(
  metrics: MetricStore,
  componentOf: (instrumentationKey: string) => string | undefined,
  onMetrics: (resourceId: string) => void,
): Promise<Listening> {
  return listen(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    if (!/^\/v2(\.1)?\/track$/.test(request.url ?? '')) return sendJson(response, 200, {})
    const envelopes = await readEnvelopes(body, request.headers['content-encoding'] === 'gzip')
    if (envelopes === undefined) return sendJson(response, 400, { itemsReceived: 0, itemsAccepted: 0, errors: [] })
    const told = new Set(envelopes.map(keep))
    for (const resourceId of told) if (resourceId !== undefined) onMetrics(resourceId)
    sendJson(response, 200, { itemsReceived: envelopes.length, itemsAccepted: envelopes.length, errors: [] })
  })

  function keep({ iKey, data }: Envelope): string | undefined {
    const resourceId = componentOf(String(iKey))
    if (resourceId === undefined || data?.baseType !== 'MetricData' || !Array.isArray(data.baseData?.metrics))
      return undefined
    for (const { name, value, count = 1, min = value, max = value } of data.baseData.metrics as Point[]) {
      const metric = { resourceId, namespace: CUSTOM_METRICS, name }
      metrics.recordMany(metric, { sum: value, count, minimum: min, maximum: max })
    }
    return resourceId
  }
}

async function readEnvelopes(body: Buffer, isZipped: boolean): Promise<Envelope[] | undefined> {
  try {
    const text = (isZipped ? await unzip(body) : body).toString('utf8').trim()
    if (text.startsWith('[')) return JSON.parse(text) as Envelope[]
    return text.split('\n').map((line) => JSON.parse(line) as Envelope)
  } catch {
    return undefined
  }
}
