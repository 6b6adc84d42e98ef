/** Messages contain parts, and results of tools contain further parts. */
const MAX_DEPTH = 5

/** Whether one of these values asks the prompt cache to keep entries for an hour (platform.claude.com, prompt caching). */
export function keepsCacheForHour(...holders: readonly unknown[]): boolean {
  return holders.some((holder) => asksForHour(holder, 0))
}

function asksForHour(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false
  if (Array.isArray(value)) return value.some((each) => asksForHour(each, depth + 1))
  const { cache_control: control, content } = value as { readonly cache_control?: unknown; readonly content?: unknown }
  return (control as { readonly ttl?: unknown } | null | undefined)?.ttl === '1h' || asksForHour(content, depth + 1)
}
