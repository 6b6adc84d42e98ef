/** How long an account counts before it starts again: a calendar period in UTC, or a rolling window. */
export type Period = 'hour' | 'day' | 'week' | 'month' | { readonly rollingMs: number }
