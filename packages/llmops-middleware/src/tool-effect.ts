export const TOOL_EFFECTS = ['read', 'idempotent', 'effect'] as const

/**
 * What calling a tool means:
 * - `read`: changes nothing; may be repeated, and may run on arguments that were cut and completed
 * - `idempotent`: may be repeated with the same idempotency key; never runs on arguments that may have been cut
 * - `effect`: never repeated after an unknown outcome; never runs on arguments that may have been cut
 */
export type ToolEffect = (typeof TOOL_EFFECTS)[number]
