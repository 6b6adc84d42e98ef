import { InvalidOptionError } from '../errors.ts'
import { WIRE_FORMATS } from './formats/index.ts'
import type { WireFormat } from './wire-format.ts'

/**
 * Returns the built-in formats, then those of the application.
 *
 * @throws InvalidOptionError for a format that recognises an example URL of another one, or whose own example URL another
 * one recognises.
 */
export function allFormats(own: readonly WireFormat[]): readonly WireFormat[] {
  const formats = [...WIRE_FORMATS, ...own]
  for (const [index, format] of own.entries()) {
    for (const other of formats) if (other !== format) checkApart(format, other, `formats[${index}]`)
    checkExamples(format, `formats[${index}].exampleUrls`)
  }
  return formats
}

function checkApart(format: WireFormat, other: WireFormat, option: string): void {
  if (format.name === other.name) {
    throw new InvalidOptionError(`${option}.name`, format.name, 'a name that no other wire format has')
  }
  const claimed =
    urlsOf(other).find((url) => format.recognises(url)) ?? urlsOf(format).find((url) => other.recognises(url))
  if (claimed === undefined) return
  const accepted = 'a wire format that shares no URL with another one'
  throw new InvalidOptionError(option, format, accepted, undefined, `claims ${claimed.href}, which is of ${other.name}`)
}

function checkExamples(format: WireFormat, option: string): void {
  const url = urlsOf(format).find((url) => !format.recognises(url))
  if (url) throw new InvalidOptionError(option, url.href, 'URLs that the format recognises')
}

function urlsOf({ exampleUrls = [] }: WireFormat): readonly URL[] {
  return exampleUrls.map((url) => new URL(url))
}
