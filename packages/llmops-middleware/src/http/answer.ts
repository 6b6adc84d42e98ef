import type { Problem } from './problem.ts'

/** What a route of ours answers, before an adapter writes it in the way of its framework. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Answers of our routes must not be cached. */
const UNCACHED = { 'cache-control': 'no-store' }

export function jsonAnswer(body: unknown, headers: Answer['headers'] = {}): Answer {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  return { status: 200, headers: { ...UNCACHED, ...headers, ...type }, body: JSON.stringify(body) }
}

/** `application/problem+json`, with the id of the task when there is one. */
export function problemAnswer({ status, code, title, detail, headers, members }: Problem, taskId?: unknown): Answer {
  const type = `urn:llmops:problem:${code}`
  const body = { type, title, status, detail, code, ...members, ...(taskId ? { taskId } : {}) }
  const contentType = { 'content-type': 'application/problem+json; charset=utf-8' }
  return { status, headers: { ...UNCACHED, ...headers, ...contentType }, body: JSON.stringify(body) }
}
