export type Surroundings = {
  readonly before: string
  readonly after: string
  /** Whether the arguments are of a function that changes nothing. */
  readonly canComplete: boolean
  /** The name of the tool that is called, if that is known. */
  readonly tool?: string | undefined
}

/** Says why a value that stands between these texts may not be the arguments; undefined when they are prose, a fence or its call. */
export function problemAround({ before, after, canComplete, tool }: Surroundings): string | undefined {
  if (!isAround(before, after)) return 'has more around its value than prose'
  if (isThought(before)) return 'has its value in what was thought, not in what was said'
  if (/(?:\/\/|\/\*|#)\s*$/.test(before)) return 'has its value in a comment'
  const called = calledIn(before)
  if (tool !== undefined && called !== undefined && !isNamed(tool, called))
    return `is a call of '${called}', another tool`
  // Whoever reads on that loses nothing.
  if (!canComplete && saysNo(`${before}\n${after}`)) return 'has prose around its value that says no'
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
