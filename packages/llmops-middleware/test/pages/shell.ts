/** A command as a shell would start it. */
export type ShellCommand = { readonly variables: readonly string[]; readonly words: readonly string[] }

/**
 * Reads what pages print for a POSIX shell: comments, quotes, continued lines, variables before a command, `|`, `&&`, `;`.
 * Commands in `$(…)` are listed too, and stand in the words as they were written.
 */
export function readShell(text: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = []
  let words: string[] = []
  let word: string | undefined
  const endWord = () => {
    if (word !== undefined) words.push(word)
    word = undefined
  }
  const endCommand = () => {
    endWord()
    const first = words.findIndex((part) => !/^[A-Za-z_]\w*=/.test(part))
    const start = first === -1 ? words.length : first
    if (words.length > 0) commands.push({ variables: words.slice(0, start), words: words.slice(start) })
    words = []
  }
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === '\\' && text[at + 1] === '\n') at++
    else if (char === '\\') word = (word ?? '') + text[++at]
    else if (char === "'") {
      const end = text.indexOf("'", at + 1)
      if (end === -1) throw new Error(`A quotation mark is open: ${text.slice(at)}`)
      word = (word ?? '') + text.slice(at + 1, end)
      at = end
    } else if (char === '"') {
      word ??= ''
      for (at++; text[at] !== '"'; at++) {
        if (at >= text.length) throw new Error('A quotation mark is open.')
        if (text.startsWith('$(', at)) {
          const end = endOfSubstitution(text, at)
          commands.push(...readShell(text.slice(at + 2, end)))
          word += text.slice(at, end + 1)
          at = end
        } else word += text[at] === '\\' ? text[++at] : text[at]
      }
    } else if (text.startsWith('$(', at)) {
      const end = endOfSubstitution(text, at)
      commands.push(...readShell(text.slice(at + 2, end)))
      word = (word ?? '') + text.slice(at, end + 1)
      at = end
    } else if (char === '#' && word === undefined) {
      while (at + 1 < text.length && text[at + 1] !== '\n') at++
    } else if (char === '\n' || char === ';' || char === '|' || char === '&') endCommand()
    else if (char === ' ') endWord()
    else word = (word ?? '') + char
  }
  endCommand()
  return commands
}

function endOfSubstitution(text: string, start: number): number {
  let depth = 0
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return at
  }
  throw new Error(`A substitution is open: ${text.slice(start)}`)
}
