import { ask, causeOf, failureOf, opsOf, type Remedy } from './remedy.ts'

/** A fault at the model: the SDK throws an error of its own. */
const atModel = (mode: 'outage' | 'throttle') => async () => {
  const ops = opsOf()
  ops.chaos.set({ mode })
  const error = await failureOf(() => ask(ops))
  return {
    error,
    again() {
      ops.chaos.clear()
      return ask(ops)
    },
  }
}

/** A fault at a tool, whose function throws ours. */
const atTool = (mode: 'outage' | 'throttle') => async () => {
  const { chaos, tool } = opsOf()
  const weather = tool({ name: 'weather', description: 'Tells the weather.', parameters: {}, run: () => 'sunny' })
  chaos.set({ mode, tools: ['weather'] })
  const error = causeOf(await failureOf(() => weather.call({})))
  return {
    error,
    again() {
      chaos.clear()
      return weather.call({})
    },
  }
}

/** A fault in code of one's own, at the place that it names. */
const atOwnCode = async () => {
  const { chaos } = opsOf()
  const read = () => {
    chaos.maybeInject({ tool: 'weather', tenant: 'contoso' })
    return 'sunny'
  }
  chaos.set({ mode: 'malformed' })
  const error = await failureOf(read)
  return {
    error,
    again() {
      chaos.clear()
      return read()
    },
  }
}

export const FAULTS = {
  rate_limit_exceeded: { by: 'world', says: ['injected by chaos', 'Retry after'], call: atModel('throttle') },
  service_unavailable: { by: 'world', says: ['injected by chaos'], call: atModel('outage') },
  chaos_outage: { by: 'caller', says: ['weather is unavailable', 'injected', 'chaos.clear()'], call: atTool('outage') },
  chaos_throttled: { by: 'world', says: ['weather is throttled', 'Retry after'], call: atTool('throttle') },
  chaos_malformed: { by: 'caller', says: ['answer of weather', 'on purpose', 'injected'], call: atOwnCode },
} as const satisfies Readonly<Record<string, Remedy>>
