export const TOOL_EFFECTS = ['read', 'idempotent', 'effect'] as const

/**
 * Whether calling a tool changes something:
 * - `read`: it changes nothing. It may be repeated, and may run on arguments that were cut and then completed
 * - `idempotent`: it may be repeated with the same idempotency key. It never runs on arguments that may have been cut
 * - `effect`: it is never repeated after an unknown outcome. It never runs on arguments that may have been cut
 */
export type ToolEffect = (typeof TOOL_EFFECTS)[number]
