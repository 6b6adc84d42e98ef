/** A kind of setting: what is accepted, in words, and how its text is parsed (undefined if it is not accepted). */
export type Kind<T> = {
  readonly accepted: string
  readonly isSecret?: boolean
  readonly parse: (text: string) => T | undefined
}

export function text(accepted: string, pattern: RegExp): Kind<string> {
  return { accepted, parse: (value) => (pattern.test(value) ? value : undefined) }
}

export function secret(minLength: number): Kind<string> {
  return {
    accepted: `a secret of at least ${minLength} characters, without spaces`,
    isSecret: true,
    parse: (value) => (value.length >= minLength && !/\s/.test(value) ? value : undefined),
  }
}

export function wholeNumber(from: number, to: number, unit = ''): Kind<number> {
  return {
    accepted: `a whole number${unit && ` of ${unit}`} from ${from} to ${to}`,
    parse: (value) => (/^\d+$/.test(value) && Number(value) >= from && Number(value) <= to ? Number(value) : undefined),
  }
}

export function usd(to: number): Kind<number> {
  return {
    accepted: `an amount of US dollars above 0 and up to ${to}, such as 50 or 0.25`,
    parse: (value) =>
      /^\d+(\.\d+)?$/.test(value) && Number(value) > 0 && Number(value) <= to ? Number(value) : undefined,
  }
}

export function flag(): Kind<boolean> {
  return { accepted: "'true' or 'false'", parse: (value) => ({ true: true, false: false })[value] }
}

export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  return {
    accepted: `one of ${values.map((value) => `'${value}'`).join(', ')}`,
    parse: (value) => values.find((known) => known === value),
  }
}

/** An absolute URL. It may contain credentials, so it is never shown. */
export function url(
  protocols: readonly string[],
  example: string,
  isAllowed: (url: URL) => boolean = () => true,
): Kind<URL> {
  return {
    accepted: `a URL such as ${example}`,
    isSecret: true,
    parse: (value) => {
      const parsed = URL.canParse(value) ? new URL(value) : undefined
      return parsed && protocols.includes(parsed.protocol) && isAllowed(parsed) ? parsed : undefined
    },
  }
}

/** `name=value,name=value`, each name once. */
export function pairs(
  example: string,
  isPair: (value: string, name: string) => boolean,
): Kind<ReadonlyMap<string, string>> {
  return {
    accepted: `a list such as ${example}, each name once`,
    isSecret: true,
    parse: (list) => {
      const map = new Map<string, string>()
      for (const pair of list.split(',').map((part) => part.trim())) {
        const [, name, value] = /^([\w.@-]{1,128})=(\S+)$/.exec(pair) ?? []
        if (name === undefined || value === undefined || !isPair(value, name) || map.has(name)) return undefined
        map.set(name, value)
      }
      return map
    },
  }
}

/** A list such as `agent.example.com,shop.example.com`. */
export function hostNames(): Kind<readonly string[]> {
  return {
    accepted: 'a list of host names without ports, such as agent.example.com',
    parse: (list) => {
      const names = list.split(',').map((name) => name.trim())
      return names.every((name) => /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(name)) ? names : undefined
    },
  }
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}
