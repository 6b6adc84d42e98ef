import { wire } from 'llmops-middleware/testing'
import type { WireError } from '../wire/wire.ts'
import type { Fault } from './fault.ts'

const PREFILL_REJECTED = {
  status: 400,
  code: 'invalid_request',
  message: 'This model does not support assistant message prefill.',
}

const REFUSALS: Partial<Record<Fault['kind'], WireError>> = { ...wire.refusals, prefill_rejected: PREFILL_REJECTED }

/** How a fault answers instead of the model; undefined if it does not. */
export function refusedByFault(fault: Fault | undefined): WireError | undefined {
  return fault && REFUSALS[fault.kind]
}
