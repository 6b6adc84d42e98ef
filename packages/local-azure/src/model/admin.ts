import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Attempt } from './billing/attempt-log.ts'
import type { Fault } from './faults/fault.ts'
import { InvalidFaultError } from './faults/invalid-fault-error.ts'
import { parseObject, readText, sendJson } from './http-messages.ts'

/** The methods of the endpoint that other processes can call over HTTP. */
export type Administered = {
  readonly attempts: readonly Attempt[]
  totalCostNanos(): number
  fault(fault: Fault): void
  clearFaults(): void
}

const MAX_BODY_BYTES = 65_536

export async function administer(
  endpoint: Administered,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  switch (`${request.method} ${path}`) {
    case 'GET /_health':
      return sendJson(response, 200, { status: 'ok' })
    case 'GET /_log':
      return sendJson(response, 200, { totalCostNanos: endpoint.totalCostNanos(), attempts: endpoint.attempts })
    case 'DELETE /_faults':
      endpoint.clearFaults()
      return sendJson(response, 200, {})
    case 'POST /_faults':
      try {
        endpoint.fault(parseObject((await readText(request, MAX_BODY_BYTES)) ?? '') as Fault)
        return sendJson(response, 200, {})
      } catch (error) {
        if (!(error instanceof InvalidFaultError)) throw error
        return sendJson(response, 400, { error: { message: error.message, code: error.code } })
      }
    default:
      return sendJson(response, 404, { error: { message: `There is no ${request.method} ${path}.`, code: '404' } })
  }
}
