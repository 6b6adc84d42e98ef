/** Programs and built-ins that one of the shells lacks, or has another of the same name. */
const OF_ONE_SHELL = /(?:^|\| *)(\.|curl|cut|eval|export|openssl|printf|set|sha256sum|source) /

/** What sh, PowerShell and cmd do not read alike, outside of double quotes. */
const READ_OTHERWISE: Readonly<Record<string, RegExp>> = {
  'a single quote, which cmd takes for a letter': /'/,
  'a comment, which cmd takes for arguments': /(^|\s)#/,
  'a continued line': /\\$|`$|\^$/,
  'a separator of commands, or one that runs them in the background': /[;&]/,
  'a redirection, or a placeholder that looks like one': /[<>]/,
  'a comma, which PowerShell splits at': /,/,
}

/** Why a line cannot be typed as it stands in sh, PowerShell and cmd alike; undefined where it can. */
export function untypable(line: string): string | undefined {
  if (/^\s*[A-Za-z_]\w*=/.test(line)) return 'a variable before a command, which only a POSIX shell has'
  if (/[$%`!]/.test(line)) return 'a sign that a shell puts something in the place of, or escapes with'
  const [, program] = OF_ONE_SHELL.exec(line.trim()) ?? []
  if (program !== undefined) return `'${program}', which is not the same in every shell`
  const bare = line.replaceAll(/"[^"]*"/g, '""')
  return Object.entries(READ_OTHERWISE).find(([, pattern]) => pattern.test(bare))?.[0]
}
