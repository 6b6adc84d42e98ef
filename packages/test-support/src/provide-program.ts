import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

export type NeededProgram = {
  /** As messages call it. */
  readonly name: string
  readonly isThere: () => boolean
  /** What brings it on Debian. */
  readonly debianPackage: string
  /** What a person can do elsewhere. */
  readonly help: string
}

/** Makes sure of a program that tests need: on Debian as root it is installed, elsewhere a person is told how. */
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

/** Whether it is found and runs. */
export function isOnPath(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

function aptGet(...args: readonly string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
}
