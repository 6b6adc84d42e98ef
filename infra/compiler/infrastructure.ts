import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runBicep } from './bicep.ts'

/** Where the snapshot pretends to deploy to; any subscription would do, but it must always be the same. */
const target = ['--subscription-id', '00000000-0000-0000-0000-000000000001', '--location', 'swedencentral']

/** What the compiler has against the infrastructure, one line each; none means it is fit to deploy. */
export function lint(bicep: string): string[] {
  // Warnings leave the exit code at 0, so what it prints is what counts.
  const { exitCode, output } = runBicep(bicep, ['lint', 'main.bicep'])
  if (output !== '') return output.split('\n')
  return exitCode === 0 ? [] : [`bicep lint ended with exit code ${exitCode}`]
}

/** Formats every file and names those that changed. */
export function format(bicep: string): string[] {
  return bicepFiles().filter((file) => {
    const before = formatted(bicep, file)
    runBicep(bicep, ['format', file])
    return !before
  })
}

/** The files that `bicep format` would change. */
export function unformatted(bicep: string): string[] {
  return bicepFiles().filter((file) => !formatted(bicep, file))
}

/** Writes what would be deployed to `main.snapshot.json`; gives what went wrong, or nothing. */
export function writeSnapshot(bicep: string): string | undefined {
  const { exitCode, output } = runBicep(bicep, ['snapshot', 'main.bicepparam', ...target, '--mode', 'overwrite'])
  return exitCode === 0 ? undefined : output
}

/** Compares what would be deployed with the committed snapshot; gives the difference, or nothing. */
export function snapshotDrift(bicep: string): string | undefined {
  const { exitCode, output } = runBicep(bicep, ['snapshot', 'main.bicepparam', ...target, '--mode', 'validate'])
  return exitCode === 0 ? undefined : output
}

function formatted(bicep: string, file: string): boolean {
  const { output } = runBicep(bicep, ['format', file, '--stdout'])
  return output === readFileSync(join(import.meta.dirname, '..', file), 'utf8').trim()
}

function bicepFiles(): string[] {
  const files = readdirSync(join(import.meta.dirname, '..'), { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.bicep') || file.endsWith('.bicepparam')).sort()
}
