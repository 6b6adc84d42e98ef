import { answerFrom } from './answer.ts'
import { ArgumentFiller } from './arguments.ts'
import type { Conversation, JsonSchema, Message, Reply, ToolOffer } from './conversation.ts'
import { writeArguments } from './mistakes.ts'

/** One word in common says little; a matching identifier or two words say enough. */
const STRONG = 2

/**
 * Decides what to say next: the tools that the last question calls for and that were not called yet, then an answer
 * from their results. A state machine that reads its prompt: told to do without tools, it uses only those that the
 * prompt names.
 */
export function plan(conversation: Conversation): Reply {
  const question = lastQuestion(conversation.messages)
  const repaired = repairArguments(question)
  if (repaired) return { text: repaired, toolCalls: [] }
  if (conversation.answerSchema) return { text: answerInSchema(conversation.answerSchema, question), toolCalls: [] }

  const { results, called } = sinceQuestion(conversation.messages)
  const next = nextTools(conversation, question, called)
  if (next.length > 0) {
    const mistake = conversation.mistake ?? /\[\[mistake:(\w+)\]\]/.exec(question)?.[1]
    const words = question.replace(/\[\[mistake:\w+\]\]/, '').trim()
    return {
      text: '',
      toolCalls: next.map(({ name, parameters }) => ({
        name,
        arguments: writeArguments(new ArgumentFiller(words).fill(parameters), mistake),
      })),
    }
  }
  return { text: results.length ? answerFrom(results) : fromMemory(question), toolCalls: [] }
}

function nextTools(conversation: Conversation, question: string, called: ReadonlySet<string>): ToolOffer[] {
  const { toolChoice, tools } = conversation
  if (toolChoice === 'none' || tools.length === 0) return []
  if (typeof toolChoice === 'object') {
    return called.has(toolChoice.name) ? [] : tools.filter(({ name }) => name === toolChoice.name)
  }
  const usable = allowedBy(conversation.system, tools)
  const scored = usable.map((tool) => ({ tool, score: scoreOf(tool, question) })).sort((a, b) => b.score - a.score)
  const strong = scored.filter(({ tool, score }) => score >= STRONG && !called.has(tool.name)).map(({ tool }) => tool)
  if (strong.length > 0 || called.size > 0) return strong.slice(0, 2)
  // Nothing fits well: what takes a free question is asked, as a model does with a search tool.
  const fallback = usable.find(({ parameters }) => Object.keys(parameters.properties ?? {}).join() === 'query')
  if (fallback) return [fallback]
  return toolChoice === 'required' ? scored.slice(0, 1).map(({ tool }) => tool) : []
}

/** A prompt that asks for answers without tools leaves those that it names itself. */
function allowedBy(system: string, tools: readonly ToolOffer[]): readonly ToolOffer[] {
  if (!/without calling tools/i.test(system)) return tools
  return tools.filter(({ name }) => system.includes(name))
}

function scoreOf({ name, description, parameters }: ToolOffer, question: string): number {
  const asked = wordsOf(question)
  const named = [...wordsOf(name.replaceAll('_', ' '))].filter((word) => asked.has(word)).length
  const described = [...wordsOf(description)].filter((word) => asked.has(word)).length
  const patterns = Object.values(parameters.properties ?? {}).filter(
    ({ pattern }, index) =>
      pattern && isRequired(parameters, index) && new RegExp(pattern.replace(/^\^|\$$/g, '')).test(question),
  ).length
  return named * 2 + described * 0.5 + patterns * STRONG
}

function isRequired({ properties = {}, required = [] }: JsonSchema, index: number): boolean {
  return required.includes(Object.keys(properties)[index] ?? '')
}

const COMMON_WORDS = new Set(
  'a an and are as at be by can does for from how i in is it its me my of on or please the this to was what when where which who will with you your do one once use such'.split(
    ' ',
  ),
)

function wordsOf(text: string): Set<string> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}-]+/gu) ?? []
  return new Set(words.filter((word) => !COMMON_WORDS.has(word)).map(stem))
}

/** Converts, converted and convert are one word. */
function stem(word: string): string {
  return word.length > 4 ? word.replace(/(ies|es|s|ed|ing)$/, '') : word
}

function lastQuestion(messages: readonly Message[]): string {
  return messages.findLast((message) => message.role === 'user')?.text ?? ''
}

function sinceQuestion(messages: readonly Message[]) {
  const from = messages.findLastIndex((message) => message.role === 'user')
  const after = messages.slice(from + 1)
  const names = new Map<string, string>()
  for (const message of after) {
    if (message.role === 'assistant') for (const call of message.toolCalls) names.set(call.id, call.name)
  }
  const results = after.flatMap((message) =>
    message.role === 'tool' ? [{ tool: names.get(message.toolCallId) ?? 'a tool', text: message.text }] : [],
  )
  return { results, called: new Set(names.values()) }
}

/** A request to repair arguments carries its schema and the broken arguments as JSON. */
function repairArguments(question: string): string | undefined {
  if (!question.startsWith('{"schema"')) return undefined
  try {
    const {
      schema,
      arguments: broken,
      context,
    } = JSON.parse(question) as {
      schema: JsonSchema
      arguments: unknown
      context?: string
    }
    const text = `${context ?? ''} ${typeof broken === 'string' ? broken : JSON.stringify(broken)}`
    const kept = typeof broken === 'object' && broken !== null ? keepValid(schema, broken) : {}
    return JSON.stringify({ ...new ArgumentFiller(isoDates(text)).fill(schema), ...kept })
  } catch {
    return undefined
  }
}

/** What a model would see at once in "20/11/2026". */
function isoDates(text: string): string {
  return text.replace(/(\d{2})\/(\d{2})\/(\d{4})/g, '$3-$2-$1')
}

function keepValid(schema: JsonSchema, broken: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(broken).filter(([name, value]) => {
      const property = schema.properties?.[name]
      if (!property) return false
      if (property.enum) return property.enum.includes(value)
      if (property.pattern) return typeof value === 'string' && new RegExp(property.pattern, 'u').test(value)
      return typeof value === (property.type === 'integer' ? 'number' : property.type)
    }),
  )
}

function answerInSchema(schema: JsonSchema | true, question: string): string {
  return JSON.stringify(schema === true ? { answer: fromMemory(question) } : new ArgumentFiller(question).fill(schema))
}

function fromMemory(question: string): string {
  return `In general, shops like ours handle this well, so there is nothing to worry about: ${question.slice(0, 80)}`
}
