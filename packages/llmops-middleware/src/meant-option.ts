import { nearest } from './nearest.ts'

/** What other libraries call an option of ours. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  execute: 'run',
  handler: 'run',
  func: 'run',
  inputSchema: 'parameters',
  input_schema: 'parameters',
  schema: 'parameters',
  maxBudget: 'limitUsd',
  max_budget: 'limitUsd',
  maxUsd: 'budgetUsd',
  amount: 'usd',
  timeout: 'timeoutMs',
  url: 'baseUrl',
  endpoint: 'baseUrl',
  baseURL: 'baseUrl',
  user: 'scopes',
  userId: 'scopes',
  tenantId: 'tenant',
}

/**
 * The option that an unknown name most likely means: one that is spelt nearly so, one with another name elsewhere, or the
 * shortest that only adds a unit, as `limitUsd` does to `limit`.
 */
export function meantOption(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known)
  if (near !== undefined) return near
  const other = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name]! : ''
  if (known.includes(other)) return other
  if (name.length < 3) return undefined
  return known
    .filter((option) => option.startsWith(name) && /^[A-Z]/.test(option.slice(name.length)))
    .toSorted((a, b) => a.length - b.length)[0]
}
