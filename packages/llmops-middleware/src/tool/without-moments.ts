/** Whether a JSON text can have what is replaced. Most have not. */
const MAY_HAVE = /\d{10}|\d{4}-\d\d-\d\dT|nonce|[Ii][Dd]"|[Bb]ust/
const MOMENT = /"([^"\\]*)":(?:"(\d{4}-\d\d-\d\dT[\d:.+Z-]{5,30})"|"?(\d{10}(?:\d{3})?)"?(?=[,\]}]))/g
/** Fields whose time says what is meant: an id, the next page, or the part of a log. */
const MEANT = /(?:ids?|key|number|cursor|page|token|since|from|after|before|until|start|end|to)$/i
const NONCE = /"(?:nonce|cache_?[Bb]ust(?:er)?)":(?:"[^"\\]*"|\d+)/g
const ID_OF_REQUEST = /"(?:request|trace|correlation)_?[Ii][Dd]":"[^"\\]*"/g
const NEAR_MS = 60_000
/** In characters. A longer text is not searched, because that would take milliseconds. */
const MAX_LENGTH = 10_000
const MARK = '#'

/**
 * Replaces the time of the call, and nonces, in arguments as JSON: calls that differ only in them are the same call. A
 * time without a name of its own, as in a list, may be what is meant.
 */
export function withoutMoments(json: string): string {
  if (json.length > MAX_LENGTH || !MAY_HAVE.test(json)) return json
  const nowMs = Date.now()
  return json.replace(NONCE, MARK).replace(MOMENT, (found, name: string, iso?: string, digits?: string) => {
    const ms = iso === undefined ? Number(digits!.padEnd(13, '0')) : Date.parse(iso)
    return Math.abs(ms - nowMs) < NEAR_MS && !MEANT.test(name) ? `"${name}":${MARK}` : found
  })
}

/** The same for a result, and the ids of requests. A result that has nothing else is not changed: it may be a clock. */
export function resultWithoutMoments(json: string): string {
  if (json.length > MAX_LENGTH || !MAY_HAVE.test(json)) return json
  const replaced = withoutMoments(json.replace(ID_OF_REQUEST, MARK))
  const values = replaced.replace(/"(?:[^"\\]|\\.)*":/g, '').replace(/[\s#{}[\],]/g, '')
  return values === '' ? json : replaced
}
