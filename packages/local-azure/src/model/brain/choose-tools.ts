import { identifiersOf } from './arguments/identifier.ts'
import type { Conversation, JsonSchema, ToolOffer } from './conversation.ts'

/** The score at which a tool is called: one word in common is too little, an identifier or two words are enough. */
const STRONG = 2
const MAX_PARALLEL = 2

/** The tools that a question needs and that were not called for it yet. */
export function chooseTools(
  conversation: Conversation,
  question: string,
  called: ReadonlySet<string>,
): readonly ToolOffer[] {
  const { toolChoice, tools, isParallel } = conversation
  if (toolChoice === 'none' || tools.length === 0) return []
  if (typeof toolChoice === 'object') {
    return called.has(toolChoice.name) ? [] : tools.filter(({ name }) => name === toolChoice.name)
  }
  const usable = allowedBy(conversation.system, tools)
  const scored = usable.map((tool) => ({ tool, score: scoreOf(tool, question) })).sort((a, b) => b.score - a.score)
  const strong = scored.filter(({ tool, score }) => score >= STRONG && !called.has(tool.name)).map(({ tool }) => tool)
  if (strong.length > 0 || called.size > 0) return strong.slice(0, isParallel ? MAX_PARALLEL : 1)
  // If no tool fits, a tool whose only parameter is `query` is called, as a model uses a search tool.
  const fallback = usable.find(({ parameters }) => Object.keys(parameters.properties ?? {}).join() === 'query')
  if (fallback) return [fallback]
  return toolChoice === 'required' ? scored.slice(0, 1).map(({ tool }) => tool) : []
}

/** With a prompt that asks for answers without tools, only the tools that it names are left. */
function allowedBy(system: string, tools: readonly ToolOffer[]): readonly ToolOffer[] {
  if (!/without calling tools/i.test(system)) return tools
  return tools.filter(({ name }) => system.includes(name))
}

function scoreOf({ name, description, parameters }: ToolOffer, question: string): number {
  const asked = wordsOf(question)
  const named = [...wordsOf(name.replaceAll('_', ' '))].filter((word) => asked.has(word)).length
  const described = [...wordsOf(description)].filter((word) => asked.has(word)).length
  return named * 2 + described * 0.5 + identifiersIn(question, parameters) * STRONG
}

/** How many of the identifiers that a tool requires are in the question. */
function identifiersIn(question: string, parameters: JsonSchema): number {
  return identifiersOf(parameters).filter(({ inText }) => inText.test(question)).length
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

/** Makes one word of converts, converted and convert. */
function stem(word: string): string {
  return word.length > 4 ? word.replace(/(ies|es|s|ed|ing)$/, '') : word
}
