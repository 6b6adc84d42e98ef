import { parseObject } from '../parse-object.ts'

/** A string of JSON, or a number that JSON lacks. */
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g

/** Parses the JSON of a request, also with the numbers that Python's JSON writes and reads: NaN and Infinity. */
export function parseBody(text: string): Readonly<Record<string, unknown>> | undefined {
  const body = parseObject(text)
  if (body || !/NaN|Infinity/.test(text)) return body
  return parseObject(text.replace(STRING_OR_NUMBER, (found) => (found.startsWith('"') ? found : 'null')))
}
