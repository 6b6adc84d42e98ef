// pnpm infra           formats and lints the Bicep files and refreshes infra/main.snapshot.json
// pnpm infra --check   changes nothing; exit code 1 if anything would change or the compiler complains
import { parseArgs } from 'node:util'
import { findBicep } from '../infra/compiler/bicep.ts'
import { format, lint, snapshotDrift, unformatted, writeSnapshot } from '../infra/compiler/infrastructure.ts'

const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

const bicep = findBicep()
if (bicep.kind === 'missing') {
  console.log(`infra: not compiled, because ${bicep.reason}; the committed infra/main.snapshot.json stands.`)
  // Who asked for a refresh did not get one; who asked for a check is told what was not checked.
  process.exit(options.check ? 0 : 2)
}

const complaints = options.check ? check(bicep.path) : refresh(bicep.path)
for (const complaint of complaints) console.error(complaint)
const done = options.check ? 'infra: compiles, formatted, no drift.' : 'infra: infra/main.snapshot.json is up to date.'
if (complaints.length === 0) console.log(done)
process.exitCode = complaints.length === 0 ? 0 : 1

function check(path: string): string[] {
  const drift = snapshotDrift(path)
  return [
    ...lint(path),
    ...unformatted(path).map((file) => `infra/${file} is not formatted; run pnpm infra.`),
    ...(drift === undefined ? [] : [drift, 'infra/main.snapshot.json is not what would be deployed; run pnpm infra.']),
  ]
}

function refresh(path: string): string[] {
  format(path)
  const found = lint(path)
  if (found.length > 0) return found
  const failure = writeSnapshot(path)
  return failure === undefined ? [] : [failure]
}
