/** What no path of a model's API has: capitals are in names of deployments, which nobody is told by. */
const UNUSUAL = /%|\/\/|\/$|[A-Z]/

/**
 * The URL as a server that is generous would read it: one slash between segments, none at the end, escapes that nothing
 * needs undone. Providers differ in what they forgive, and a budget must not.
 */
export function canonicalUrl(url: URL): URL {
  const { pathname } = url
  if (!UNUSUAL.test(pathname)) return url
  const canonical = new URL(url)
  canonical.pathname = decoded(pathname)
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')
  return canonical
}

/** Undoes what was escaped without need. What cannot be undone stays. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
