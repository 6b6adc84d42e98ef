import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folder, runBicep } from './bicep.ts'

/** Where the snapshot pretends to deploy to; any subscription would do, but it must always be the same. */
const target = ['--subscription-id', '00000000-0000-0000-0000-000000000001', '--location', 'swedencentral']

/** What the compiler has against the infrastructure, one line each; none means it is fit to deploy. */
export function lint(bicep: string): string[] {
  // Warnings leave the exit code at 0, so what it prints is what counts.
  const { exitCode, output } = runBicep(bicep, ['lint', 'main.bicep'])
  if (output !== '') return output.split('\n')
  return exitCode === 0 ? [] : [`bicep lint ended with exit code ${exitCode}`]
}

/** Formats every file. */
export function format(bicep: string): void {
  runBicep(bicep, ['format', '--pattern', '**/*.bicep*'])
}

/** The files that formatting would change. */
export function unformatted(bicep: string): string[] {
  const copy = mkdtempSync(join(tmpdir(), 'bicep-format-'))
  try {
    for (const file of bicepFiles()) cpSync(join(folder, file), join(copy, file))
    runBicep(bicep, ['format', '--pattern', '**/*.bicep*'], copy)
    return bicepFiles().filter((file) => read(join(folder, file)) !== read(join(copy, file)))
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** Writes what would be deployed to `main.snapshot.json`; gives what went wrong, or nothing. */
export function writeSnapshot(bicep: string, cwd = folder): string | undefined {
  const { exitCode, output } = runBicep(bicep, ['snapshot', 'main.bicepparam', ...target, '--mode', 'overwrite'], cwd)
  return exitCode === 0 ? undefined : output
}

/** Compares what would be deployed with the committed snapshot; gives the difference, or nothing. */
export function snapshotDrift(bicep: string): string | undefined {
  const { exitCode, output } = runBicep(bicep, ['snapshot', 'main.bicepparam', ...target, '--mode', 'validate'])
  return exitCode === 0 ? undefined : output
}

function bicepFiles(): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /\.bicep(param)?$/.test(file)).sort()
}

function read(file: string): string {
  return readFileSync(file, 'utf8')
}
