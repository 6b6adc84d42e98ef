import { readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Context } from '../context.ts'
import { importPackages } from '../probes/import-packages.ts'
import { findPackage, type InstalledPackage, type Manifest } from '../probes/installed-package.ts'
import { satisfies } from '../probes/version-range.ts'
import type { Finding } from '../report.ts'
import { findUp } from '../settings/find-up.ts'

const OWN = 'llmops-middleware'
/** A second copy of these has a state of its own: what is registered or begun in one, the other does not see. */
const ONCE = [OWN, '@opentelemetry/api', 'express', 'ioredis']

type Problem = Pick<Finding, 'status' | 'detail' | 'next'>

/** What the app's `package.json` asks for, as it is installed where the app runs. */
export async function checkPackages({ cwd, variables, signal, options }: Context): Promise<readonly Finding[]> {
  const path = findUp(cwd, 'package.json')
  if (!path) return [{ layer: 'packages', status: 'skipped', detail: `no package.json is in ${cwd} or above it` }]
  const manifest = parse(path)
  if (!manifest) {
    const detail = `${path} is not JSON`
    return [{ layer: 'packages', status: 'failed', detail, next: 'Look for a conflict that a merge left in it.' }]
  }
  const limitMs = options.timeoutMs
  const folder = realpathSync(dirname(path))
  const wanted = { ...manifest.dependencies, ...manifest.optionalDependencies }
  const installed = new Map(Object.keys(wanted).map((name) => [name, findPackage(name, folder)]))
  const present = [...installed].flatMap(([name, found]) => (found ? [[name, found] as const] : []))
  const imports = await importPackages(
    present.map(([name]) => name).filter((name) => !name.startsWith('@types/')),
    folder,
    variables,
    { limitMs, signal },
  )
  const problems = [
    ...node(manifest),
    ...[...installed].flatMap(([name, found]) => dependency(name, wanted[name]!, found, manifest)),
    ...imports.failed.map(notImportable),
    ...present.flatMap(([, found]) => peers(found)),
    ...twice(folder, present),
  ]
  if (imports.open.length > 0) problems.push(notLoaded(imports.open, limitMs))
  if (problems.length > 0) return problems.map((problem) => ({ layer: 'packages', ...problem }))
  return [{ layer: 'packages', status: 'ok', detail: `${present.length} packages are there and load`, ms: imports.ms }]
}

/** A warning: a machine may be slow, and a package may wait for something that only the app has. */
function notLoaded(names: readonly string[], limitMs: number): Problem {
  return {
    status: 'warning',
    detail: `not loaded within ${limitMs} ms, so not checked: ${names.join(', ')}`,
    next: `Look whether it loads at all: node --eval "import('${names[0]}')".`,
  }
}

function parse(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Manifest
  } catch {
    return undefined
  }
}

function node({ engines }: Manifest): Problem[] {
  if (!engines?.node || satisfies(process.version, engines.node) !== false) return []
  const detail = `Node is ${process.version}, and the app wants ${engines.node}`
  return [
    { status: 'failed', detail, next: 'Choose another version of Node for the app: on App Service the runtime stack.' },
  ]
}

function dependency(name: string, range: string, found: InstalledPackage | undefined, app: Manifest): Problem[] {
  if (!found) {
    if (Object.hasOwn(app.optionalDependencies ?? {}, name)) return []
    const next = 'Install the dependencies where the app runs, or deploy them with it: npm ci.'
    return [{ status: 'failed', detail: `${name} is not installed`, next }]
  }
  const version = found.manifest.version ?? ''
  // `npm:other@^1` installs another package under this name.
  if (satisfies(version, range.replace(/^npm:.+@/, '')) !== false) return []
  const next = 'What is installed is not what package.json asks for: npm ci.'
  return [{ status: 'failed', detail: `${name} is ${version}, and the app wants ${range}`, next }]
}

function notImportable({ name, code, message }: { name: string; code: string; message: string }): Problem {
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return {
    status: 'failed',
    detail: `${name} cannot be imported: ${message}`,
    next: isMissing
      ? 'A package that it needs is missing, or NODE_OPTIONS loads something that hides it: npm ci, and look at NODE_OPTIONS.'
      : 'It is there and fails when it is loaded: look at its version, at that of Node, and at parts built for another system.',
  }
}

function peers({ folder, manifest }: InstalledPackage): Problem[] {
  const name = manifest.name ?? folder
  return Object.entries(manifest.peerDependencies ?? {}).flatMap(([peer, range]): Problem[] => {
    const found = findPackage(peer, folder)
    if (!found) {
      if (manifest.peerDependenciesMeta?.[peer]?.optional) return []
      return [
        {
          status: 'failed',
          detail: `${name} needs ${peer}, which is not installed`,
          next: `npm install ${peer}`,
        },
      ]
    }
    const version = found.manifest.version ?? ''
    if (satisfies(version, range) !== false) return []
    return [
      {
        status: name === OWN ? 'failed' : 'warning',
        detail: `${name} works with ${peer} ${range}, and ${version} is installed`,
        next: `npm install ${peer}@"${range}"`,
      },
    ]
  })
}

/** Copies that the app, and what it uses, find in different places. */
function twice(folder: string, present: readonly (readonly [string, InstalledPackage])[]): Problem[] {
  return ONCE.flatMap((name): Problem[] => {
    const copies = new Map<string, string>()
    for (const from of [folder, ...present.map(([, { folder }]) => folder)]) {
      const found = findPackage(name, from)
      if (found) copies.set(found.folder, found.manifest.version ?? '?')
    }
    if (copies.size < 2) return []
    const detail = `${name} is there ${copies.size} times: ${[...copies.values()].join(', ')}`
    return [
      {
        status: 'warning',
        detail,
        next: `What one copy registers, the others do not see: npm ls ${name}, npm dedupe.`,
      },
    ]
  })
}
