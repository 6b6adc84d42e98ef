/** Parses the value of an environment variable. A value that cannot be parsed is returned as it is. */
export type FromText = (text: string) => unknown

export const asIs: FromText = (text) => jsonOr(text, () => text)

/** @example numberOr(asIs)('0.5') // 0.5 */
export const numberOr =
  (otherwise: FromText): FromText =>
  (text) =>
    text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : otherwise(text)

/** @example listFromText('a.example, b.example') // ['a.example', 'b.example'] */
export const listFromText: FromText = (text) => jsonOr(text, () => text.split(',').map((part) => part.trim()))

/** @example mapFromText(asIs)('gpt-4o=gpt-4o-mini, o3=o4-mini') // { 'gpt-4o': 'gpt-4o-mini', o3: 'o4-mini' } */
export const mapFromText =
  (read: FromText): FromText =>
  (text) =>
    jsonOr(text, () => {
      const pairs = text.split(',').map((pair) => pair.split('='))
      if (pairs.some((pair) => pair.length !== 2 || pair[0]!.trim() === '')) return text
      return Object.fromEntries(pairs.map(([key, value]) => [key!.trim(), read(value!.trim())]))
    })

export const readFlag: FromText = (text) => ({ true: true, false: false })[text] ?? text

/** A list or an object may be written as in the file. */
function jsonOr(text: string, otherwise: () => unknown): unknown {
  if (!/^\s*[[{]/.test(text)) return otherwise()
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
