import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util'
import { nearest } from '../nearest.ts'
import type { Command, Given } from './command.ts'
import { UsageError } from './usage-error.ts'

/** @throws UsageError naming the option or argument that the command does not take. */
export function parseCommand(call: string, name: string, command: Command, args: readonly string[]): Given {
  const seeHelp = `See \`${call} ${name} --help\`.`
  const options: Record<string, ParseArgsOptionDescriptor> = { help: { type: 'boolean', short: 'h' } }
  for (const [option, { type, short, multiple }] of Object.entries(command.options ?? {})) {
    options[option] = { type, ...(short && { short }), ...(multiple && { multiple }) }
  }
  const { values, positionals } = parse(name, args, options, seeHelp)
  const tooMany = positionals[command.maxArguments ?? 0]
  if (tooMany !== undefined)
    throw new UsageError(`'${tooMany}' is an argument more than llmops ${name} takes. ${seeHelp}`)
  return { options: values, positionals }
}

function parse(
  command: string,
  args: readonly string[],
  options: Record<string, ParseArgsOptionDescriptor>,
  seeHelp: string,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw unknownOption(command, args, options, seeHelp)
    if (code?.startsWith('ERR_PARSE_ARGS_'))
      throw new UsageError(`${message.split('\n')[0]!.replace(/\.?$/, '.')} ${seeHelp}`)
    throw error
  }
}

function unknownOption(
  command: string,
  args: readonly string[],
  options: Record<string, ParseArgsOptionDescriptor>,
  seeHelp: string,
): UsageError {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  const unknown = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(options, token.name))
  const given = unknown?.kind === 'option' ? unknown : undefined
  const meant = given && nearest(given.name, Object.keys(options))
  const hint = meant === undefined ? '' : ` Did you mean --${meant}?`
  return new UsageError(`'${given?.rawName}' is not an option of llmops ${command}.${hint} ${seeHelp}`)
}
