/**
 * Every code of an error of this library, and its HTTP status: that of the response where we answer in place of the
 * provider, else that of the problem that `problemHandler` answers with. What happened and what to do: docs/errors.md.
 */
export const HTTP_STATUS = {
  // Answered in place of the provider: SDKs throw errors of their own, with this code.
  no_tenant: 400,
  ops_closed: 400,
  ungoverned_request: 400,
  signed_request: 400,
  request_too_large: 413,
  budget_exceeded: 402,
  run_budget_exceeded: 402,
  malformed_response: 502,
  no_target_available: 503,
  // The same, by a fault of chaos, with the codes that the provider would use.
  rate_limit_exceeded: 429,
  service_unavailable: 503,
  // Thrown. Some of them are answered in place of the provider too: what is thrown inside `fetch` loses its code.
  invalid_option: 500,
  unknown_tenant: 401,
  client_disconnected: 499,
  deadline_exceeded: 504,
  task_ended: 400,
  unknown_model_price: 402,
  ledger_unavailable: 503,
  ledger_corrupted: 500,
  attempt_timeout: 504,
  stream_broken: 502,
  repairable: 500,
  repair_failed: 500,
  tool_unavailable: 503,
  tool_timeout: 504,
  no_tool_available: 503,
  unknown_outcome: 502,
  duplicate_call: 409,
  loop: 500,
  tool_call_limit: 500,
  tool_result_too_large: 500,
  invalid_result: 502,
  mcp_tool_failed: 502,
  mcp_tool_refused: 502,
  chaos_outage: 503,
  chaos_throttled: 429,
  chaos_malformed: 502,
  telemetry_goes_nowhere: 500,
} as const

/** Every code that an error, or an answer in place of the provider, can have. */
export type ErrorCode = keyof typeof HTTP_STATUS

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(HTTP_STATUS, code)
}

/** 500 for the codes of an application's own errors. */
export function httpStatusOf(code: string): number {
  return isErrorCode(code) ? HTTP_STATUS[code] : 500
}
