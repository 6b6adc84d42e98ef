const PATTERN = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/

/** The milliseconds of an ISO 8601 duration such as `PT5M`; `undefined` if it is invalid or zero. */
export function parseDuration(text: string): number | undefined {
  const match = PATTERN.exec(text)
  if (match === null) return undefined
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0))
  const total = ((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!
  return total > 0 ? total * 1000 : undefined
}
