/** An event of the platform. `at` is rule time, in milliseconds. */
export type PlatformEvent = { readonly at: number } & (
  | { kind: 'worker started'; slot: SlotName; instance: string }
  | { kind: 'worker ended'; slot: SlotName; instance: string; reason: string }
  | { kind: 'worker output'; slot: SlotName; instance: string; line: string }
  | { kind: 'telemetry taken'; resourceId: string }
  | { kind: 'alert evaluated'; rule: string; values: readonly (number | null)[]; isBreached: boolean }
  | { kind: 'alert fired'; rule: string; values: readonly (number | null)[] }
  | { kind: 'alert resolved'; rule: string }
  | { kind: 'webhook sent'; rule: string; receiver: string; condition: 'Fired' | 'Resolved'; status: number | string }
  | { kind: 'person called'; rule: string; receiver: string; condition: 'Fired' | 'Resolved' }
  | { kind: 'run started'; run: string }
  | { kind: 'run action ended'; run: string; action: string; status: string; code?: string }
  | { kind: 'run ended'; run: string; status: string; reason: string }
  | { kind: 'swap started'; source: SlotName; target: SlotName }
  | { kind: 'swap warmed'; instance: string; status: number }
  | { kind: 'swap routed' }
  | { kind: 'swap done'; timestampUtc: string }
  | { kind: 'swap failed'; reason: string }
)

/** The name of a slot. Azure gives the production slot no name. */
export type SlotName = 'production' | (string & {})

/** An event before the platform has added its time. */
export type UnstampedEvent = PlatformEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, 'at'>
    : never
  : never

export type Emit = (unstamped: UnstampedEvent) => void
