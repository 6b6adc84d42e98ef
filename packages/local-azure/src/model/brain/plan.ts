import { answerFrom } from './answer.ts'
import { ArgumentFiller } from './arguments/argument-filler.ts'
import { type Identifier, identifiersOf } from './arguments/identifier.ts'
import { writeArguments } from './arguments/mistakes.ts'
import { repairedArguments } from './arguments/repair.ts'
import { chooseTools } from './choose-tools.ts'
import type { Conversation, JsonSchema, PastToolCall, Reply, ToolOffer } from './conversation.ts'
import { sinceQuestion } from './since-question.ts'

/** Asks for a mistake from inside the prompt: `[[mistake:trailing_comma]]`. */
const MARKER = /\[\[mistake:(\w+)\]\]/

/**
 * Decides what to say next. It first calls the tools that the last question needs, and calls a tool once more if it
 * refused its arguments. Then it answers from the results, and asks for each identifier that the user did not name.
 * A prompt that asks for answers without tools leaves it only the tools that the prompt names.
 */
export function plan(conversation: Conversation): Reply {
  const { question, results, called, refused } = sinceQuestion(conversation.messages)
  const repaired = repairedArguments(question)
  if (repaired) return say(writeArguments(repaired, conversation.mistake))

  const marked = MARKER.exec(question)?.[1]
  const words = question.replace(MARKER, '').trim()
  const chosen = chooseTools(conversation, words, called).map((tool) => ({ tool, unnamed: unnamedBy(words, tool) }))
  // Only a model that is free to choose may ask the user instead.
  const usable = chosen.filter(({ unnamed }) => unnamed.length === 0 || conversation.toolChoice !== 'auto')
  const calls = [
    ...corrections(conversation, words, refused),
    ...usable.map(({ tool }) => callOf(tool, words, conversation.mistake ?? marked)),
  ]
  // Tools come before the form of the answer: both may be asked for at once.
  if (calls.length > 0) return { text: '', toolCalls: calls }
  if (conversation.answerSchema) return say(answerInSchema(conversation.answerSchema, question))
  const questions = chosen.flatMap(({ unnamed }) => unnamed).map(({ description }) => askFor(description))
  if (results.length > 0) return say([answerFrom(results), ...questions].join(' '))
  return say(questions.length > 0 ? questions.join(' ') : fromMemory(question))
}

/** The identifiers that a tool requires and the user did not name. */
function unnamedBy(words: string, { parameters }: ToolOffer): readonly Identifier[] {
  return identifiersOf(parameters).filter(({ inText }) => !inText.test(words))
}

function askFor(description: string): string {
  return `Please tell me ${description.replace(/^\p{Lu}(?=\p{Ll}|\s)/u, (letter) => letter.toLowerCase())}.`
}

function say(text: string): Reply {
  return { text, toolCalls: [] }
}

function callOf(
  { name, parameters }: ToolOffer,
  words: string,
  mistake: string | undefined,
): Reply['toolCalls'][number] {
  return { name, arguments: writeArguments(new ArgumentFiller(words).fill(parameters), mistake) }
}

/** A refused call is made once more if its arguments would now be different. */
function corrections({ tools, mistake }: Conversation, words: string, refused: readonly PastToolCall[]) {
  return refused.flatMap((call) => {
    const tool = tools.find(({ name }) => name === call.name)
    if (!tool) return []
    const corrected = callOf(tool, words, mistake)
    return corrected.arguments === call.arguments ? [] : [corrected]
  })
}

function answerInSchema(schema: JsonSchema | true, question: string): string {
  if (schema === true) return JSON.stringify({ answer: fromMemory(question) })
  return JSON.stringify(new ArgumentFiller(question, { isStrict: true }).fill(schema))
}

function fromMemory(question: string): string {
  return `In general, shops like ours handle this well, so there is nothing to worry about: ${question.slice(0, 80)}`
}
