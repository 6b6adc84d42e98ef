import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const DEBIAN_PATH = '/usr/bin/chromium'

/** Where the browser of the pages' tests is. */
function chromiumPath(): string {
  return process.env['CHROMIUM'] || DEBIAN_PATH
}

/** A browser that talks to nobody but the page. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Provides the browser before the tests: on Debian as root it is installed, elsewhere a person is told how. */
export default function setup(): void {
  if (existsSync(chromiumPath())) return
  if (!process.env['CHROMIUM'] && existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    console.log('Installing chromium for the tests of the page (apt-get, a minute or two)')
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit' })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { stdio: 'inherit' })
    if (existsSync(DEBIAN_PATH)) return
  }
  throw new Error(
    `The tests of the pages need Chromium, and there is none at ${chromiumPath()}. ` +
      'Install it (Debian: apt-get install chromium; macOS: brew install chromium) and set CHROMIUM to its executable.',
  )
}
