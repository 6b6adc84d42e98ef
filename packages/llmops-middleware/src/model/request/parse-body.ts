import { parseObject } from '../parse-object.ts'

/** What begins or ends a string, an escape in one, or a number that JSON lacks. */
const PARTS = /"|\\.|-?\b(?:NaN|Infinity)\b/g

/** Parses the JSON of a request, also with the numbers that Python's JSON writes and reads: NaN and Infinity. */
export function parseBody(text: string): Readonly<Record<string, unknown>> | undefined {
  const body = parseObject(text)
  return body || !/NaN|Infinity/.test(text) ? body : parseObject(withNulls(text))
}

/** Not by a pattern of whole strings, which overflows the stack in a long one. */
function withNulls(text: string): string {
  let isInString = false
  return text.replace(PARTS, (part) => {
    if (part === '"') isInString = !isInString
    return isInString || part === '"' ? part : 'null'
  })
}
