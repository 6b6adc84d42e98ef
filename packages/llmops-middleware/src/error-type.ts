/** `error.type` of anything thrown: its stable code, else its class, never its message, which has no bounds. */
export function errorTypeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (typeof code === 'string' && code.length > 0) return code
  if (typeof name === 'string' && name.length > 0 && error instanceof Error) return name
  return '_OTHER'
}
