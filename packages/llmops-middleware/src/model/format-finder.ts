import { canonicalUrl } from './endpoints/canonical-url.ts'
import type { WireFormat } from './wire-format.ts'

/** Returns a function that finds the format of a URL, as it is written, else as a lenient server would read it. */
export function formatFinder(formats: readonly WireFormat[]): (url: URL) => WireFormat | undefined {
  const formatOf = (url: URL) => formats.find((format) => format.recognises(url))
  return (url) => {
    const format = formatOf(url)
    if (format) return format
    const canonical = canonicalUrl(url)
    if (canonical === url) return undefined
    return formatOf(canonical) ?? formatOf(inSmallLetters(canonical))
  }
}

function inSmallLetters(url: URL): URL {
  const changed = new URL(url)
  changed.pathname = url.pathname.toLowerCase()
  return changed
}
