import { parseArgs } from 'node:util'
import { examineSettings } from './settings.ts'

const HELP = `Usage: start [options]

Every setting is an environment variable; apps/agent/README.md lists them.

Options:
  --set NAME=VALUE  a setting, whatever the environment says; may be repeated
  --settings FILE   settings from a file, each NAME=VALUE on a line of its own; the environment goes before it
  -h, --help        this text

Exit codes:
  0    stopped by Ctrl-C or SIGTERM, once what ran was answered
  2    could not start; standard error says why
`

export type Arguments =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'start'; readonly set: Readonly<Record<string, string>>; readonly file: string | undefined }

/**
 * What the command line says of the settings, typed alike in every shell, which the prefix `NAME=VALUE start` is not.
 * Not called `--env-file`, which Node takes for its own wherever it stands.
 */
export function readArguments(args: readonly string[]): Arguments {
  const values = parse(args)
  if (values.help) return { kind: 'help', text: HELP }
  return { kind: 'start', set: Object.fromEntries(values.set.map(pairOf)), file: values.settings }
}

function parse(args: readonly string[]) {
  const options = {
    set: { type: 'string', multiple: true, default: [] as string[] },
    settings: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    // Node's own messages: one sentence, at times without its full stop, then advice for other programs.
    const [sentence = ''] = (error as Error).message.split(/\n|(?<=\.) /)
    throw new TypeError(sentence.replace(/\.?$/, '.'), { cause: error })
  }
}

function pairOf(text: string): [name: string, value: string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? []
  // A value may be a secret, so none is repeated.
  if (name === undefined) throw new TypeError('--set must be followed by NAME=VALUE, such as --set PORT=3001.')
  refuseMisspelt(name)
  return [name, value!]
}

/** Other names are accepted: Node, OpenTelemetry and the Azure SDK read variables of their own. */
function refuseMisspelt(name: string): void {
  const known = [...examineSettings({}).environment.defaults.keys()]
  if (known.includes(name)) return
  const meant = known.find((setting) => isMisspelt(name, setting))
  if (meant !== undefined) throw new TypeError(`--set ${name}: that is not a setting. Did you mean ${meant}?`)
}

/** Whether the two differ by one letter that is missing, added or wrong, or by two neighbours that are swapped. */
function isMisspelt(name: string, setting: string): boolean {
  let same = 0
  while (name[same] === setting[same]) same++
  const [a, b] = [name.slice(same), setting.slice(same)]
  const isSwapped = a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2)
  return isSwapped || a.slice(1) === b.slice(1) || a.slice(1) === b || a === b.slice(1)
}
