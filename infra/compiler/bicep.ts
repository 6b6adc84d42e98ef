import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

export type Bicep = { kind: 'found'; path: string } | { kind: 'missing'; reason: string }

/** Where the Bicep files are. */
export const folder = join(import.meta.dirname, '..')

const project = join(import.meta.dirname, 'compiler.csproj')

/** Finds the compiler among the NuGet packages of this machine, or fetches it with `dotnet restore`. */
export function findBicep(): Bicep {
  const runtime = nugetRuntime()
  if (runtime === undefined)
    return missing(`Azure publishes no Bicep compiler for ${process.platform} ${process.arch} on NuGet`)
  const path = installedPath(runtime)
  if (!existsSync(path)) {
    const failure = restore(runtime)
    if (failure !== undefined) return missing(failure)
  }
  if (!existsSync(path)) return missing(`dotnet restore ended well, but ${path} is not there`)
  // NuGet unpacks without the executable bit.
  chmodSync(path, 0o755)
  return { kind: 'found', path }
}

/**
 * Runs the compiler; gives what it printed, and never throws for a non-zero exit.
 *
 * @param variables what the parameter file finds in its environment
 */
export function runBicep(
  path: string,
  args: readonly string[],
  cwd = folder,
  variables: Readonly<Record<string, string>> = {},
): { exitCode: number; output: string } {
  const run = spawnSync(path, args, {
    cwd,
    encoding: 'utf8',
    // The parameter file reads the environment: a snapshot must not depend on whose shell made it.
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: homedir(),
      TMPDIR: tmpdir(),
      DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1',
      ...variables,
    },
  })
  return { exitCode: run.status ?? 1, output: `${run.stdout ?? ''}${run.stderr ?? ''}`.trim() }
}

function restore(runtime: string): string | undefined {
  const intermediate = mkdtempSync(join(tmpdir(), 'bicep-'))
  const args = ['restore', project, `-p:BicepRuntime=${runtime}`, `-p:BaseIntermediateOutputPath=${intermediate}/`]
  const run = spawnSync('dotnet', args, { encoding: 'utf8' })
  rmSync(intermediate, { recursive: true, force: true })
  if (run.error !== undefined) return 'there is no dotnet on PATH to fetch it with (any .NET SDK from 8 on will do)'
  if (run.status !== 0) return `dotnet restore failed: ${lastLine(`${run.stdout}${run.stderr}`)}`
  return undefined
}

function installedPath(runtime: string): string {
  const version = /<BicepVersion>(.+)<\/BicepVersion>/.exec(readFileSync(project, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${project} names no BicepVersion`)
  const packages = process.env['NUGET_PACKAGES'] ?? join(homedir(), '.nuget', 'packages')
  const binary = runtime.startsWith('win') ? 'bicep.exe' : 'bicep'
  return join(packages, `azure.bicep.commandline.${runtime}`, version, 'tools', binary)
}

function nugetRuntime(): string | undefined {
  const system = { linux: 'linux', darwin: 'osx', win32: 'win' }[process.platform as string]
  const processor = { x64: 'x64', arm64: 'arm64' }[process.arch as string]
  return system === undefined || processor === undefined ? undefined : `${system}-${processor}`
}

function missing(reason: string): Bicep {
  return { kind: 'missing', reason }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}
