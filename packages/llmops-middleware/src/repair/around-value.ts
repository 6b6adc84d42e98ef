export type Surroundings = {
  readonly before: string
  readonly after: string
  /** Whether the arguments are of a function that changes nothing. */
  readonly canComplete: boolean
  /** The name of the tool that is called, if that is known. */
  readonly tool?: string | undefined
  /** The value itself. */
  readonly json: string
}

/** Says why a value that stands between these texts may not be the arguments; undefined when they are prose, a fence or its call. */
export function problemAround(surroundings: Surroundings): string | undefined {
  const { before, after, canComplete, tool } = surroundings
  if (!isAround(before, after)) return 'has more around its value than prose'
  if (isThought(before)) return 'has its value in what was thought, not in what was said'
  if (/(?:\/\/|\/\*|#)\s*$/.test(before)) return 'has its value in a comment'
  const called = calledIn(before)
  if (tool !== undefined && called !== undefined && !isNamed(tool, called))
    return `is a call of '${called}', another tool`
  // Whoever reads on that loses nothing.
  if (canComplete) return undefined
  if (saysNo(`${before}\n${after}`)) return 'has prose around its value that says no'
  const said = saidBeyondIntroduction(surroundings)
  if (said !== undefined) return `has prose around its value that may change what is meant (${JSON.stringify(said)})`
  return undefined
}

/** Whether what stands before and after the value is no part of the arguments. */
function isAround(before: string, after: string): boolean {
  const hasBrackets = /[{}[\]]/.test(before) || (/[{}[\]]/.test(after) && !(isBlank(before) && isClosersOnly(after)))
  const hasKeys = /["'“”‘’]\s*:/.test(before) || /["'“”‘’]\s*:/.test(after)
  return !hasBrackets && !hasKeys && !/,\s*$/.test(before) && !goesOn(after) && isQuotedEvenly(before, after)
}

/** `{…}, more`, `{…}: value`, or a part of it, `{…}.name`. */
function goesOn(after: string): boolean {
  return /^\s*[,:=]|^\.\w/.test(after)
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function isClosersOnly(text: string): boolean {
  return /^[\s}\]]*$/.test(text)
}

/** A quote right before the value needs one right after: otherwise the value lies in a text that was cut. */
function isQuotedEvenly(before: string, after: string): boolean {
  const opened = /["'“‘]\s*$/.exec(before)
  return !opened || /^\s*["'”’]/.test(after)
}

/** The tags that models think in, the channels of Harmony, and comments of markup. */
const THOUGHT =
  /[<◁]\/?(?:think(?:ing)?|thoughts?|reason(?:ing)?|analysis|reflection|scratchpad)\b[^<>◁▷]*[>▷]|<\|channel\|>\s*\w+|<!--|-->/gi
const THOUGHT_END = /^[<◁]\/|^-->|^<\|channel\|>\s*(?!analysis)\w/i

/** Whether a thought was begun and not ended. */
function isThought(before: string): boolean {
  const last = before.match(THOUGHT)?.at(-1)
  return last !== undefined && !THOUGHT_END.test(last)
}

/** Longer than names of tools. Patterns without a beginning take too long on megabytes without a space. */
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

function saysNo(prose: string): boolean {
  return /\b(?:not|never|cannot)\b|n['’]t\b/i.test(prose)
}

/** Words that introduce a call, or end it politely, in any order. Whatever they make together changes no argument. */
const INTRODUCING = new Set(
  `a all am an and another any anything are args arguments as assistant begin below calling call calls certainly channel
  code commentary constrain done else end eom eot eos final following follows for function functions go great header help helps
  here hope i id im in input inst invoke is it its javascript js json json5 jsonc let ll made make making message me my name
  need note noted now of ok okay output parameter parameters params payload please proper python ran request result
  return run running s sep so start sure tag text thank thanks that the there these this to tool toolcall tools type
  use user using valid value we what will would with you your`.split(/\s+/),
)

/**
 * What is said beside an introduction, which may name the tool and repeat what is in the arguments: it may be a condition,
 * a correction, another tool or a no, in any language.
 */
function saidBeyondIntroduction({ before, after, tool, json }: Surroundings): string | undefined {
  const named = calledIn(before) ?? tool
  const without = (text: string) => (named === undefined ? text : text.replaceAll(named, ' '))
  const introduction = without(withoutThoughts(before).replace(NUMBER_OF_CALL, ''))
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

/** `orderId` is order and id. */
function wordsOf(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? []
  return words.flatMap((word) => [word, ...word.split(/(?<=\p{Ll})(?=\p{Lu})/u)]).map((word) => word.toLowerCase())
}

/** In `functions.name:0`. */
const NUMBER_OF_CALL = /:\d{1,3}(?=[^\p{L}\p{N}]{0,100}$)/u

function withoutThoughts(before: string): string {
  let end = 0
  for (const found of before.matchAll(THOUGHT)) end = found.index + found[0].length
  return before.slice(end)
}

/** Punctuation, the signs of tags and fences, and closing brackets. */
const SIGN = /^[.,:;!?…()<>|｜◁▷/\\=`'’‘"“”「」*_▁\-–—}\]\uFEFF]$/u
