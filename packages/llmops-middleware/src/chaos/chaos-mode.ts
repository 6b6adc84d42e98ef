/**
 * What goes wrong:
 * - `throttle`: too many requests, with a time to wait
 * - `malformed`: an answer comes, and cannot be read
 * - `outage`: no answer comes
 */
export type FaultMode = (typeof FAULT_MODES)[number]

export type ChaosMode = 'off' | FaultMode

const FAULT_MODES = ['throttle', 'malformed', 'outage'] as const

export const CHAOS_MODES: readonly ChaosMode[] = ['off', ...FAULT_MODES]
