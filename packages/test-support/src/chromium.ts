import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import { provideProgram } from './provide-program.ts'

const DEBIAN_PATH = '/usr/bin/chromium'

/** The path of the browser for tests of pages. */
function chromiumPath(): string {
  return process.env['CHROMIUM'] || DEBIAN_PATH
}

/** A browser that sends requests only to the page. */
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

/** Provides the browser before the tests. */
export default function setup(): void {
  const path = chromiumPath()
  provideProgram({
    name: `Chromium, for the pages, and there is none at ${path}`,
    isThere: () => existsSync(path),
    debianPackage: 'chromium',
    help: 'Install it (Debian: apt-get install chromium; macOS: brew install chromium) and set CHROMIUM to its executable.',
  })
}
