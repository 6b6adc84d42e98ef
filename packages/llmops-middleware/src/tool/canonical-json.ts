import { createHash } from 'node:crypto'

/** In characters: longer texts are compared and kept by their hash. */
const MAX_LENGTH = 512

/** Short, and the same for every text that says one JSON value: in whatever order of members and with whatever space. */
export function fingerprintOf(json: string): string {
  const canonical = canonicalJson(json)
  return canonical.length <= MAX_LENGTH ? canonical : createHash('sha256').update(canonical).digest('base64url')
}

function canonicalJson(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), sortMembers)
  } catch {
    return json
  }
}

function sortMembers(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
