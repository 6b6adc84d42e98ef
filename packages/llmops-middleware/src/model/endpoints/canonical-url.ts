/** Characters that paths of model APIs do not contain. Names of deployments may contain capitals, but do not matter here. */
const UNUSUAL = /%|\/\/|\/$|[A-Z]/

/**
 * Returns the URL as a lenient server would read it: one slash between segments, none at the end, and needless escapes
 * decoded. Providers differ in what they accept, so a budget must recognise all of it.
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

/** Decodes escapes. A path that cannot be decoded stays as it is. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
