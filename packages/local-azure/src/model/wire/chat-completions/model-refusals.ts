import { isUnset } from '../invalid-request.ts'
import type { WireError } from '../wire.ts'

type Body = Readonly<Record<string, unknown>>

/** A family of models that reason, by what its names begin with; the first that fits counts. */
type Family = {
  readonly prefix: string
  readonly efforts: readonly string[]
  /** The effort when a request names none. */
  readonly usually: string
  /** How chat completions take function tools: always, unless an effort is set, or only with an effort of `none`. */
  readonly tools: 'always' | 'without effort' | 'with none'
  /** Whether sampling can be changed where nothing is reasoned. */
  readonly samples: boolean
}

const FROM_NONE = ['none', 'low', 'medium', 'high']

/**
 * As users met them: BerriAI/litellm#34569 and GoogleChromeLabs/webmcp-tools#417 (5.6), can1357/oh-my-pi#11052 (6),
 * pipecat-ai/pipecat#4043 (5.4), livekit/agents#7169 (efforts), can1357/oh-my-pi#5606 (sampling of 5.6).
 */
const FAMILIES: readonly Family[] = [
  { prefix: 'gpt-6', efforts: [...FROM_NONE, 'xhigh'], usually: 'medium', tools: 'with none', samples: false },
  { prefix: 'gpt-5.6', efforts: [...FROM_NONE, 'xhigh'], usually: 'medium', tools: 'with none', samples: false },
  { prefix: 'gpt-5.5', efforts: [...FROM_NONE, 'xhigh'], usually: 'none', tools: 'without effort', samples: false },
  { prefix: 'gpt-5.4', efforts: [...FROM_NONE, 'xhigh'], usually: 'none', tools: 'without effort', samples: true },
  { prefix: 'gpt-5.2', efforts: [...FROM_NONE, 'xhigh'], usually: 'none', tools: 'without effort', samples: true },
  { prefix: 'gpt-5.1', efforts: FROM_NONE, usually: 'none', tools: 'always', samples: true },
  {
    prefix: 'gpt-5',
    efforts: ['minimal', 'low', 'medium', 'high'],
    usually: 'medium',
    tools: 'always',
    samples: false,
  },
]

/** Sampling parameters and the only value that a model takes which does not sample. */
const SAMPLING: Readonly<Record<string, number>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
}

/** What this model refuses in a request that others would take, in its provider's words; undefined is nothing. */
export function refusalOf(model: string, body: Body): WireError | undefined {
  const family = FAMILIES.find(({ prefix }) => model.startsWith(prefix))
  const effort = isUnset(body['reasoning_effort']) ? undefined : String(body['reasoning_effort'])
  if (!family) {
    if (effort === undefined) return undefined
    return refused('reasoning_effort', 'Unrecognized request argument supplied: reasoning_effort')
  }
  if (!isUnset(body['max_tokens'])) {
    const message = `${unsupported('max_tokens')} Use 'max_completion_tokens' instead.`
    return refused('max_tokens', message, 'unsupported_parameter')
  }
  return (
    refusedEffort(family, effort) ?? refusedTools(model, family, effort, body) ?? refusedSampling(family, effort, body)
  )
}

function refusedEffort({ efforts }: Family, effort: string | undefined): WireError | undefined {
  if (effort === undefined || efforts.includes(effort)) return undefined
  const supported = efforts.map((each) => `'${each}'`).join(', ')
  const message = `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${supported}.`
  return refused('reasoning_effort', message, 'unsupported_value')
}

function refusedTools(model: string, { tools }: Family, effort: string | undefined, body: Body): WireError | undefined {
  if (isUnset(body['tools']) || tools === 'always' || effort === 'none') return undefined
  if (tools === 'without effort' && effort === undefined) return undefined
  const advice =
    tools === 'with none'
      ? "To use function tools, use /v1/responses or set reasoning_effort to 'none'."
      : 'Please use /v1/responses instead.'
  const message = `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. ${advice}`
  return refused('reasoning_effort', message)
}

function refusedSampling({ samples, usually }: Family, effort = usually, body: Body): WireError | undefined {
  if (samples && effort === 'none') return undefined
  const name = Object.keys(SAMPLING).find((each) => !isUnset(body[each]) && body[each] !== SAMPLING[each])
  return name === undefined ? undefined : refused(name, unsupported(name), 'unsupported_parameter')
}

function unsupported(name: string): string {
  return `Unsupported parameter: '${name}' is not supported with this model.`
}

function refused(param: string, message: string, code?: string): WireError {
  return { status: 400, code, message, param }
}
