import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Platform } from 'local-azure'
import type { PracticeFault } from './faults.ts'
import { writeShellFile } from './shell-file.ts'

export type PracticeOptions = {
  readonly name: string
  readonly fault: PracticeFault
  readonly platform: Platform
  readonly file: string
  /** How long the fault lasts, in milliseconds. */
  readonly forMs: number
  readonly signal: AbortSignal
  /** Told once the fault is there and the file is written. */
  readonly onBegun: () => void
}

/** Makes the fault in production, and takes it back when its time is over or the signal says so. */
export async function practise(options: PracticeOptions): Promise<void> {
  const { name, fault, platform, file, forMs, signal } = options
  if (signal.aborted) return
  await using opened = new AsyncDisposableStack()
  const before = platform.environment('production')
  opened.defer(() => rm(file, { force: true }))
  const changed = await fault.begin(platform, opened)
  if (Object.keys(changed).length > 0) {
    // An app setting that was not there becomes an empty one, which the agent takes for none.
    const restored = Object.fromEntries(Object.keys(changed).map((setting) => [setting, settingIn(before, setting)]))
    opened.defer(() => platform.deploy('production', restored))
    await platform.deploy('production', changed)
  }
  // One that did not start has no port: then that of the one before it.
  const environment = { ...before, ...platform.environment('production') }
  await writeShellFile({ path: file, changed, environment, title: `${name}: ${fault.description}` })
  options.onBegun()
  await delay(forMs, undefined, { signal }).catch(() => {})
}

/** The platform chooses the port where no setting does. */
function settingIn(environment: Readonly<Record<string, string>>, name: string): string {
  return name === 'PORT' ? '' : (environment[name] ?? '')
}
