/** The lowest that `engines` of package.json names. */
export const LOWEST_NODE = '22.15'

/**
 * Throws at once on an older Node.js. Otherwise the first call would fail deep inside, and an SDK would report
 * "Connection error".
 *
 * @throws Error
 */
export function checkNode(version: string = process.versions.node): void {
  const [major, minor] = version.split('.').map(Number) as [number, number]
  const [lowestMajor, lowestMinor] = LOWEST_NODE.split('.').map(Number) as [number, number]
  if (major > lowestMajor || (major === lowestMajor && minor >= lowestMinor)) return
  throw new Error(
    `llmops-middleware needs Node.js ${LOWEST_NODE} or later, and this is ${version}. Install a newer one (nodejs.org), or ` +
      'choose it where the app is hosted: `node --version` says which one runs.',
  )
}
