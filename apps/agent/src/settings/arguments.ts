import { parseArgs } from 'node:util'

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
  const { values } = parseArgs({
    args: [...args],
    options: {
      set: { type: 'string', multiple: true, default: [] },
      settings: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return { kind: 'help', text: HELP }
  return { kind: 'start', set: Object.fromEntries(values.set.map(pairOf)), file: values.settings }
}

function pairOf(text: string): [name: string, value: string] {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? []
  // A value may be a secret, so none is repeated.
  if (name === undefined) throw new TypeError('--set must be followed by NAME=VALUE, such as --set PORT=3001.')
  return [name, value!]
}
