import { type RateCard, sellerAt } from '../pricing/index.ts'
import { nanosFromUsd } from '../usd.ts'
import { completionOf, readOnly } from './complete.ts'
import type { ModelCall } from './model-call.ts'
import { type Completion, unbilled } from './model-result.ts'
import { parseObject } from './parse-object.ts'

/** A refusal that its seller bills: by a fee, or by the input that was read. */
type BilledError = { readonly status: number; readonly says: RegExp; readonly feeUsd?: number }

/** Sellers whose errors are not all free. */
const BILLED_ERRORS: Readonly<Record<string, BilledError>> = {
  // learn.microsoft.com/azure/ai-services/openai, frequent questions: "a 400 error due to a content filter or input limit".
  azure: { status: 400, says: /^(content_filter|context_length_exceeded)$/ },
  // docs.x.ai, models and pricing: usage guidelines violation fee.
  'x-ai': { status: 403, says: /usage guidelines/i, feeUsd: 0.05 },
}

/** Azure bills a request that it gave up on, as far as it came (the same page). */
const TIMED_OUT = 408

/** Returns what an error of the provider costs. Most cost nothing. */
export function completionOfError(
  call: ModelCall,
  rateCard: RateCard,
  url: URL,
  { status, text }: { readonly status: number; readonly text: string },
): Completion {
  const seller = sellerAt(url)
  if (seller === 'azure' && status === TIMED_OUT) {
    return completionOf(call, rateCard, { status: 'failed', facts: {}, error: { status } })
  }
  const billed = seller !== undefined && Object.hasOwn(BILLED_ERRORS, seller) ? BILLED_ERRORS[seller]! : undefined
  if (billed?.status !== status || !billed.says.test(reasonIn(text))) return unbilled('failed', { status })
  const { feeUsd } = billed
  if (feeUsd === undefined) return readOnly(call, rateCard, { status })
  return { ...unbilled('failed', { status }), costNanos: nanosFromUsd(feeUsd) }
}

/** Returns the code of an error, or what it says where it has none: a text, or an object with one. */
function reasonIn(text: string): string {
  const { error } = (parseObject(text) ?? {}) as { readonly error?: unknown }
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  return String(code ?? message ?? error)
}
