import { readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Files that no process loads: maps, TypeScript and typings, tests, documentation. */
const NEVER_RUN = /\.(map|[cm]?tsx?|md|markdown|test\.[cm]?js)$/i
const LICENCE = /^(licen[cs]e|copying|notice)\b/i
const TESTS = /^(test|tests|__tests__)$/

/** Installed because another package lists it, yet only ever loaded in a browser. A test starts the package without. */
const FOR_BROWSERS = ['@azure/msal-browser']

/**
 * Removes from a `node_modules` what no process loads. Each file costs time: it is zipped, sent, and on App Service read
 * from a share over the network.
 */
export function pruneDependencies(nodeModules: string): void {
  for (const name of FOR_BROWSERS) rmSync(join(nodeModules, name), { recursive: true, force: true })
  const entries = readdirSync(nodeModules, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory() ? isTests(path) : isNeverRun(entry.name)) rmSync(path, { recursive: true, force: true })
  }
}

function isNeverRun(file: string): boolean {
  return NEVER_RUN.test(file) && !LICENCE.test(file)
}

/** Only at the top of a package, because deeper folders may use the name for a feature. */
function isTests(folder: string): boolean {
  return TESTS.test(basename(folder)) && /[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+[\\/][^\\/]+$/.test(folder)
}
