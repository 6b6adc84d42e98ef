/** What goes wrong in a drill. */
export type Scenario = {
  readonly name: string
  readonly description: string
  readonly announcement: string
  /** The fault that is set on production; unused by a scenario that starts with a promotion. */
  readonly mode: 'outage' | 'throttle' | 'malformed'
  /** The promotion itself is the fault: what is promoted is bad. */
  readonly startsWithPromotion: boolean
  /** Settings of the release that is promoted. */
  readonly candidateSettings: Readonly<Record<string, string>>
  /** Whether the agent's own metrics are needed: no HTTP status shows the fault. */
  readonly exportsTelemetry: boolean
  /** Whether the fault shows as server errors. */
  readonly showsAsServerErrors: boolean
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  outage: {
    name: 'outage',
    description: 'every tool and the model of production are down',
    announcement: 'Fault: from now on every tool and the model of production are down.',
    mode: 'outage',
    startsWithPromotion: false,
    candidateSettings: {},
    exportsTelemetry: false,
    showsAsServerErrors: true,
  },
  'bad-prompt': {
    name: 'bad-prompt',
    description: 'a prompt is promoted that answers from memory: success falls, and every answer is a 200',
    announcement: 'Fault: it is Friday, 4 PM, and a new prompt goes out.',
    mode: 'outage',
    startsWithPromotion: true,
    candidateSettings: { PROMPT_VERSION: 'support-v4-friday' },
    exportsTelemetry: true,
    showsAsServerErrors: false,
  },
}
