import { InvalidArgumentError } from 'commander'

/** Parses the value of an option: says what is accepted; commander names the option and the value. */
export function parseUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError('Accepted is an http or https URL, such as http://127.0.0.1:3000.')
  }
  return url
}
