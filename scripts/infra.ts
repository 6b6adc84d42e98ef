import { parseArgs } from 'node:util'
import { findBicep } from '../infra/compiler/bicep.ts'
import { format, lint, snapshotDrift, unformatted, writeSnapshot } from '../infra/compiler/infrastructure.ts'
import { EXIT, exitCodesHelp } from '../packages/command-line/src/exit-codes.ts'
import { projectVersion } from '../packages/command-line/src/project-version.ts'

const REFRESH = 'npx --yes pnpm@12 infra'
const HELP = `Usage: ${REFRESH} [options]

Formats and lints the Bicep files, and refreshes infra/main.snapshot.json

Options:
  --check     changes nothing, and says what would change
  --version   the version of this project
  -h, --help  this text
${exitCodesHelp({
  0: 'up to date; with --check also where there is no compiler, which is said',
  1: 'the compiler complains; with --check also where something would change',
})}`

process.exitCode = infra(process.argv.slice(2))

function infra(args: readonly string[]): number {
  const options = parse(args)
  if (typeof options === 'string') {
    console.error(`infra: ${options} See \`${REFRESH} --help\`.`)
    return EXIT.couldNotRun
  }
  if (options.help) {
    console.log(HELP)
    return EXIT.held
  }
  if (options.version) {
    console.log(projectVersion())
    return EXIT.held
  }
  const bicep = findBicep()
  if (bicep.kind === 'missing') {
    console.log(`infra: not compiled, because ${bicep.reason}; the committed infra/main.snapshot.json stands.`)
    // A refresh that was not made is a failure. A check says what it did not check.
    return options.check ? EXIT.held : EXIT.couldNotRun
  }
  const complaints = options.check ? check(bicep.path) : refresh(bicep.path)
  for (const complaint of complaints) console.error(complaint)
  if (complaints.length > 0) return EXIT.didNotHold
  console.log(
    options.check ? 'infra: compiles, formatted, no drift.' : 'infra: infra/main.snapshot.json is up to date.',
  )
  return EXIT.held
}

/** Returns the options, or a sentence that says what is wrong with them. */
function parse(args: readonly string[]) {
  const options = {
    check: { type: 'boolean', default: false },
    version: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: [...args], options }).values
  } catch (error) {
    return (error as Error).message.split('\n')[0]!
  }
}

function check(path: string): string[] {
  const drift = snapshotDrift(path)
  return [
    ...lint(path),
    ...unformatted(path).map((file) => `infra/${file} is not formatted; run \`${REFRESH}\`.`),
    ...(drift === undefined
      ? []
      : [drift, `infra/main.snapshot.json is not what would be deployed; run \`${REFRESH}\`.`]),
  ]
}

function refresh(path: string): string[] {
  format(path)
  const found = lint(path)
  if (found.length > 0) return found
  const failure = writeSnapshot(path)
  return failure === undefined ? [] : [failure]
}
