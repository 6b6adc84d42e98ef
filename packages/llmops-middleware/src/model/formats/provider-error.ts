/** The error that stands where an answer should, if there is one: an object, or a text. */
export function providerError(error: unknown): { readonly error?: unknown } {
  return error ? { error } : {}
}
