/** The text around a value. */
export type Surroundings = {
  readonly before: string
  readonly after: string
  /** Whether the function changes nothing. */
  readonly canComplete: boolean
  /** The name of the tool that is called, if it is known. */
  readonly tool?: string | undefined
  /** The value itself. */
  readonly json: string
  /** The comments in the value. */
  readonly comments: readonly string[]
}

/**
 * Returns why a value between these texts may not be the arguments. Undefined if the texts are only prose, a fence or
 * the call of the tool.
 */
export function problemAround(given: Surroundings): string | undefined {
  const surroundings = { ...given, before: withoutMarks(given.before) }
  const { before, after, canComplete, tool } = surroundings
  if (!isAround(before, after)) return 'has more around its value than prose'
  if (isInReasoning(before)) return 'has its value in the reasoning, not in the answer'
  if (/(?:\/\/|\/\*|#)\s*$/.test(before)) return 'has its value in a comment'
  const called = calledIn(before)
  if (tool !== undefined && called !== undefined && !isNamed(tool, called))
    return `is a call of '${called}', another tool`
  // For a tool that only reads, a wrong call does no harm.
  if (canComplete) return undefined
  if (hasNegation(`${before}\n${after}`)) return 'has prose around its value with a negation'
  const said = proseBeyondIntroduction(surroundings)
  if (said !== undefined) return `has prose around its value that may change what is meant (${JSON.stringify(said)})`
  return problemInComments(surroundings)
}

/** A comment in the value can be a condition or a no, like the prose around it. */
function problemInComments({ comments, tool, json }: Surroundings): string | undefined {
  if (comments.length === 0) return undefined
  const text = comments.join('\n')
  if (hasNegation(text)) return 'has a comment with a negation'
  const said = wordBeyond(text, () => new Set(wordsOf(`${tool ?? ''} ${json}`)))
  return said === undefined ? undefined : `has a comment that may change what is meant (${JSON.stringify(said)})`
}

/** Removes the marks of Mistral's models and the id of the call, but not its name. */
function withoutMarks(before: string): string {
  return before.includes('[') ? before.replace(/\[CALL_ID\]\s*\w*|\[(?:TOOL_CALLS|ARGS)\]/g, ' ') : before
}

/** Whether the texts before and after the value are not part of the arguments. */
function isAround(before: string, after: string): boolean {
  const hasBrackets = /[{}[\]]/.test(before) || (/[{}[\]]/.test(after) && !(isBlank(before) && isClosersOnly(after)))
  const hasKeys = /["'“”‘’]\s*:/.test(before) || /["'“”‘’]\s*:/.test(after)
  return !hasBrackets && !hasKeys && !/,\s*$/.test(before) && !isContinued(after) && isQuotedEvenly(before, after)
}

/** `{…}, more`, `{…}: value`, or a part of it, `{…}.name`. */
function isContinued(after: string): boolean {
  return /^\s*[,:=]|^\.\w/.test(after)
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function isClosersOnly(text: string): boolean {
  return /^[\s}\]]*$/.test(text)
}

/** A quote right before the value needs one right after. Otherwise the value is inside a text that was cut. */
function isQuotedEvenly(before: string, after: string): boolean {
  const opened = /["'“‘]\s*$/.exec(before)
  return !opened || /^\s*["'”’]/.test(after)
}

/** The tags around a model's reasoning, the channels of Harmony, and comments of markup. */
const REASONING =
  /[<◁]\/?(?:think(?:ing)?|thoughts?|reason(?:ing)?|analysis|reflection|scratchpad)\b[^<>◁▷]*[>▷]|<\|channel\|>\s*\w+|<!--|-->/gi
const REASONING_END = /^[<◁]\/|^-->|^<\|channel\|>\s*(?!analysis)\w/i

/** Whether reasoning was begun and not ended. */
function isInReasoning(before: string): boolean {
  const last = before.match(REASONING)?.at(-1)
  return last !== undefined && !REASONING_END.test(last)
}

/** Longer than names of tools. A pattern without an anchor would take too long on megabytes without a space. */
const NAME_LENGTH = 200

/** The name in `name(`, `functions.name` or `functions.name:0`. */
function calledIn(before: string): string | undefined {
  const end = before.trimEnd().slice(-NAME_LENGTH)
  const [, called] = /([\w-]+)\($/.exec(end) ?? /\bfunctions[.:]([\w-]+)(?::\d+)?\W*$/.exec(end) ?? []
  return called
}

/** The name of a tool may have a namespace that its call leaves out. */
function isNamed(tool: string, called: string): boolean {
  return tool === called || (tool.endsWith(called) && /\W/.test(tool.at(-called.length - 1)!))
}

function hasNegation(prose: string): boolean {
  return /\b(?:not|never|cannot)\b|n['’]t\b/i.test(prose)
}

/** Words that introduce a call, or end it politely. No combination of them changes the meaning of an argument. */
const INTRODUCING = new Set(
  `a all am an and another any anything are args arguments as assistant begin below calling call calls certainly channel
  code commentary constrain done else end eom eot eos final following follows for function functions go great header help helps
  here hope i id im in input inst invoke is it its javascript js json json5 jsonc let ll made make making message me my name
  need note noted now of ok okay output parameter parameters params payload please proper python ran request result
  return run running s sep so start sure tag text thank thanks that the there these this to tool toolcall tools type
  use user using valid value we what will would with you your`.split(/\s+/),
)

/**
 * Returns the first word that is not part of an introduction, which may name the tool and repeat words of the arguments.
 * Such a word may be a condition, a correction, another tool or a negation, in any language.
 */
function proseBeyondIntroduction({ before, after, tool, json }: Surroundings): string | undefined {
  const named = calledIn(before) ?? tool
  const without = (text: string) => (named === undefined ? text : text.replaceAll(named, ' '))
  const introduction = without(withoutReasoning(before).replace(NUMBER_OF_CALL, ''))
  return (
    wordBeyond(introduction, () => new Set(wordsOf(`${tool ?? ''} ${json}`))) ?? wordBeyond(without(after), () => NONE)
  )
}

const NONE: ReadonlySet<string> = new Set()

function wordBeyond(text: string, others: () => ReadonlySet<string>): string | undefined {
  let known: ReadonlySet<string> | undefined
  for (const [word] of text.matchAll(/[\p{L}\p{N}]+|[^\s\p{L}\p{N}]/gu)) {
    const lower = word.toLowerCase()
    if (INTRODUCING.has(lower) || SIGN.test(word)) continue
    known ??= others()
    if (!known.has(lower)) return word.slice(0, 40)
  }
  return undefined
}

/** Returns the words of a text in lower case. `orderId` has the words order and id too. */
function wordsOf(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? []
  return words.flatMap((word) => [word, ...word.split(/(?<=\p{Ll})(?=\p{Lu})/u)]).map((word) => word.toLowerCase())
}

/** The number in `functions.name:0`. */
const NUMBER_OF_CALL = /:\d{1,3}(?=[^\p{L}\p{N}]{0,100}$)/u

function withoutReasoning(before: string): string {
  let end = 0
  for (const found of before.matchAll(REASONING)) end = found.index + found[0].length
  return before.slice(end)
}

/** Punctuation, the signs of tags and fences, and closing brackets. */
const SIGN = /^[.,:;!?…()<>|｜◁▷/\\=`'’‘"“”「」*_▁\-–—}\]\uFEFF]$/u
