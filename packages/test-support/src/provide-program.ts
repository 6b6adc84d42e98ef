import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

export type NeededProgram = {
  /** Its name in messages. */
  readonly name: string
  readonly isThere: () => boolean
  /** The package that has it on Debian. */
  readonly debianPackage: string
  /** What to do on other systems. */
  readonly help: string
}

/** Provides a program that tests need: installs it on Debian as root, otherwise throws an error that says how to install it. */
export function provideProgram({ name, isThere, debianPackage, help }: NeededProgram): void {
  if (isThere()) return
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    console.log(`Installing ${debianPackage}, which the tests need (apt-get, up to a minute or two)`)
    aptGet('update', '-qq')
    aptGet('install', '-y', '-qq', '--no-install-recommends', debianPackage)
    if (isThere()) return
  }
  throw new Error(`The tests need ${name}. ${help}`)
}

/** Whether the program is found and runs. */
export function isOnPath(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

function aptGet(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
}
