/**
 * The HTTP status of problems without an error class in this library. They are about the request, the provider's answer,
 * or one of our routers.
 */
export const PROBLEM_STATUS = {
  internal: 500,
  // An error about the request keeps its own 4xx status.
  invalid_request: 400,
  body_too_large: 413,
  unauthorized: 401,
  not_found: 404,
  not_ready: 503,
  readiness_unknown: 503,
  content_filter: 422,
  // The code of OpenAI's reasoning models where the others say `content_filter`.
  invalid_prompt: 422,
  context_length_exceeded: 413,
  model_throttled: 429,
  model_unavailable: 503,
  model_refused: 502,
} as const
