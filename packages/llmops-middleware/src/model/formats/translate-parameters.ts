import type { Translation } from '../wire-format.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * The reasoning parameters that models accept, as of 26 November 2026 (platform.openai.com/docs/guides/reasoning,
 * platform.claude.com/docs/build-with-claude: extended-thinking, adaptive-thinking, effort). A model in no row gets the
 * parameters unchanged.
 */
type OpenAiFamily = {
  readonly efforts: readonly string[]
  /** When it accepts `temperature` and the like, which it does not while it reasons. */
  readonly samples: 'always' | 'never' | 'without effort'
  readonly isOSeries?: boolean
}

const LOW_TO_HIGH = ['low', 'medium', 'high']

const OPENAI_FAMILIES: readonly (readonly [RegExp, OpenAiFamily])[] = [
  [/^(gpt-5(\.\d+)?-chat|gpt-4|gpt-3\.5|chatgpt-)/, { efforts: [], samples: 'always' }],
  [/^o1-(mini|preview)/, { efforts: [], samples: 'never', isOSeries: true }],
  [/^o\d/, { efforts: LOW_TO_HIGH, samples: 'never', isOSeries: true }],
  [/^gpt-5-pro/, { efforts: ['high'], samples: 'never' }],
  [/^gpt-5(-|$)/, { efforts: ['minimal', ...LOW_TO_HIGH], samples: 'never' }],
  [/^gpt-5\.1(?!-codex-max)/, { efforts: ['none', ...LOW_TO_HIGH], samples: 'without effort' }],
  [/^gpt-(5\.\d|[6-9])/, { efforts: ['none', ...LOW_TO_HIGH, 'xhigh'], samples: 'without effort' }],
]

/** Sampling parameters with their defaults, which every model accepts. */
const SAMPLING: Body = { temperature: 1, top_p: 1, presence_penalty: 0, frequency_penalty: 0, logprobs: false }

/** Translates a chat completions request for an OpenAI model. */
export function translateChat(body: Body, to: string): Translation {
  const family = openAiFamily(to)
  if (!family) return { body }
  const { reasoning_effort: effort, verbosity, ...rest } = body
  const refused = refusedByOpenAi(body, family, { effort, verbosity }) ?? mediaRefused(body, to)
  if (refused) return { refused }
  // Reasoning models accept the cap only by its newer name, which means the same.
  const { max_tokens: cap, ...capped } = rest
  const isRenamed = family.samples === 'never' && cap !== undefined && body['max_completion_tokens'] === undefined
  return {
    body: {
      ...(isRenamed ? { ...capped, max_completion_tokens: cap } : rest),
      ...kept('reasoning_effort', effort, family.efforts.length > 0),
      ...kept('verbosity', verbosity, family.efforts.length > 0),
    },
  }
}

/** Translates a Responses API request for an OpenAI model. */
export function translateResponses(body: Body, to: string): Translation {
  const family = openAiFamily(to)
  if (!family) return { body }
  const reasoning = objectOf(body['reasoning'])
  const verbosity = objectOf(body['text'])['verbosity']
  const refused = refusedByOpenAi(body, family, { effort: reasoning['effort'], verbosity })
  if (refused) return { refused }
  if (NO_WEB_SEARCH.test(to) && hasTool(body, 'web_search')) return { refused: 'tools: web_search' }
  if (NO_PICTURES.test(to) && hasPart(body['input'], 'input_image')) return { refused: 'input_image' }
  if (family.efforts.length > 0) return { body }
  if (Object.keys(reasoning).some((name) => name !== 'effort')) return { refused: 'reasoning' }
  // A model that does not reason refuses the reasoning items of another one.
  if (hasPart(body['input'], 'reasoning')) return { refused: 'reasoning items' }
  const { reasoning: _, include, ...rest } = body
  return { body: { ...rest, ...kept('include', withoutThoughts(include), true) } }
}

/** A model that does not reason refuses to include reasoning. */
function withoutThoughts(include: unknown): unknown {
  if (!Array.isArray(include)) return include
  const left = include.filter((each) => each !== 'reasoning.encrypted_content')
  return left.length > 0 || include.length === 0 ? left : undefined
}

/** Modalities and tools by model (platform.openai.com/docs/models). */
const NO_PICTURES = /^(gpt-3\.5|gpt-4(-0[36]|-32k|$)|o1-(mini|preview)|o3-mini)/
const NO_WEB_SEARCH = /^(gpt-4\.1-nano|gpt-3\.5|gpt-4(-0[36]|-turbo|-32k|$)|o1|o3-mini)/
const SPEAKS = /audio|realtime/
const PREDICTS = /^gpt-4(o|\.1)/

/** Returns the first parameter for audio, images, searches or predictions that the model refuses. */
function mediaRefused(body: Body, model: string): string | undefined {
  const { modalities, prediction, web_search_options: searches, messages } = body
  if (!SPEAKS.test(model)) {
    if (Array.isArray(modalities) && modalities.includes('audio')) return 'modalities: audio'
    if (hasPart(messages, 'input_audio')) return 'input_audio'
  }
  if (NO_PICTURES.test(model) && hasPart(messages, 'image_url')) return 'image_url'
  if (isGiven(searches) && !/-search-/.test(model)) return 'web_search_options'
  return isGiven(prediction) && !PREDICTS.test(model) ? 'prediction' : undefined
}

/** Whether an item of a conversation, or a part of one, is of this type. */
function hasPart(items: unknown, type: string): boolean {
  if (!Array.isArray(items)) return false
  return items.some((item) => {
    const { type: own, content } = objectOf(item)
    return own === type || (Array.isArray(content) && content.some((part) => objectOf(part)['type'] === type))
  })
}

function hasTool({ tools }: Body, type: string): boolean {
  return Array.isArray(tools) && tools.some((tool) => String(objectOf(tool)['type']).startsWith(type))
}

function openAiFamily(model: string): OpenAiFamily | undefined {
  return OPENAI_FAMILIES.find(([name]) => name.test(model))?.[1]
}

/** Returns the first parameter that the model refuses and that has no equivalent. */
function refusedByOpenAi(
  body: Body,
  { efforts, samples, isOSeries }: OpenAiFamily,
  { effort, verbosity }: { readonly effort: unknown; readonly verbosity: unknown },
): string | undefined {
  // A model that cannot reason needs no `none`.
  const isNeverReasoning = efforts.length === 0 && samples === 'always' && effort === 'none'
  if (isGiven(effort) && !isNeverReasoning && !efforts.includes(String(effort))) return `reasoning_effort: ${effort}`
  if (isGiven(verbosity) && verbosity !== 'medium' && (efforts.length === 0 || isOSeries)) {
    return `verbosity: ${verbosity}`
  }
  if (isOSeries && isGiven(body['parallel_tool_calls'])) return 'parallel_tool_calls'
  const isReasoning = samples === 'never' || (samples === 'without effort' && isGiven(effort) && effort !== 'none')
  return isReasoning ? sampled(body, SAMPLING) : undefined
}

type ClaudeFamily = {
  readonly takesBudget: boolean
  readonly isAdaptive: boolean
  readonly efforts: readonly string[]
  readonly samples: boolean
}

const CLAUDE = /claude-(?:(\d)(?:-(\d))?-)?(opus|sonnet|haiku|fable|mythos)(?:-(\d)(?!\d)(?:-(\d)(?!\d))?)?/

function claudeFamily(model: string): ClaudeFamily | undefined {
  const [, oldMajor, oldMinor, kind, major = oldMajor, minor = oldMinor ?? '0'] = CLAUDE.exec(model) ?? []
  if (major === undefined) return undefined
  const version = Number(`${major}.${minor}`)
  const isAdaptive = version >= 5 || (version >= 4.6 && kind !== 'haiku')
  const hasEffort = isAdaptive || (version >= 4.5 && kind === 'opus')
  return {
    takesBudget: version >= 3.7 && version < 4.7,
    isAdaptive,
    efforts: [
      ...(hasEffort ? LOW_TO_HIGH : []),
      ...(isAdaptive ? ['max'] : []),
      ...(isAdaptive && version >= 4.7 ? ['xhigh'] : []),
    ],
    samples: version < 4.7,
  }
}

/** Translates a request of Anthropic's Messages API for another Claude model. */
export function translateMessages(body: Body, to: string): Translation {
  const family = claudeFamily(to)
  if (!family) return { body }
  const { type: thinking } = objectOf(body['thinking'])
  if (thinking === 'enabled' && !family.takesBudget) return { refused: 'thinking.budget_tokens' }
  if (thinking === 'adaptive' && !family.isAdaptive) return { refused: 'thinking: adaptive' }
  // Only Opus has fast mode (platform.claude.com/docs/build-with-claude/fast-mode).
  if (body['speed'] === 'fast' && !/opus/.test(to)) return { refused: 'speed: fast' }
  const sampling = family.samples ? undefined : sampled(body, { temperature: 1, top_p: undefined, top_k: undefined })
  if (sampling) return { refused: sampling }
  const { effort, ...output } = objectOf(body['output_config'])
  if (!isGiven(effort) || family.efforts.includes(String(effort))) return { body }
  if (effort !== 'high') return { refused: `effort: ${effort}` }
  // `high` is documented as the same as no effort.
  const { output_config: _, ...rest } = body
  return { body: Object.keys(output).length === 0 ? rest : { ...rest, output_config: output } }
}

function sampled(body: Body, defaults: Body): string | undefined {
  return Object.keys(defaults).find((name) => isGiven(body[name]) && body[name] !== defaults[name])
}

function kept(name: string, value: unknown, isTaken: boolean): Body {
  return isTaken && value !== undefined ? { [name]: value } : {}
}

function objectOf(value: unknown): Body {
  return typeof value === 'object' && value !== null ? (value as Body) : {}
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null
}
