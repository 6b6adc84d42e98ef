type Variables = Readonly<Record<string, string | undefined>>

const HIDDEN = '[hidden]'
/** Shorter values also occur as words in other texts, and are no secrets. */
const SHORTEST = 4

const SECRET_NAME =
  /KEY|TOKEN|SECRET|PASSW|PWD|CREDENTIAL|IDENTITY_HEADER|MSI_SECRET|CONN(ECTION)?_?STR|CONNSTR|SIGNATURE|_SAS|PRIVATE|WEBHOOK|AUTH$/i
/** Names that say where a secret is, or whose it is, and not what it is. */
const PUBLIC_NAME = /(_FILE|_URL|_URI|_PATH|_ENDPOINT|_NAME|_ID|_HOST|_ENABLED|_MODE|TOKENS|_MS)$|^(OLD)?PWD$/i

/** Forms of secrets that no variable holds: bearer tokens, JSON Web Tokens, keys of providers. */
const SECRET_FORMS = [
  /\beyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?/g,
  /\b(sk|rk|gsk|xai)-[\w-]{8,}/g,
  /\bBearer\s+[^\s"',;]{4,}/gi,
  /\bAIza[\w-]{20,}/g,
]

/** Whether the value of a variable with this name is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !PUBLIC_NAME.test(name)
}

/** Takes every secret that it knows, in the ways in which they are written, out of every text. */
export class Secrets {
  readonly #values = new Set<string>()

  constructor(variables: Variables) {
    for (const [name, value] of Object.entries(variables)) {
      if (value === undefined) continue
      if (isSecretName(name)) this.add(value)
      for (const inside of secretsInside(value)) this.add(inside)
    }
  }

  add(secret: string): void {
    const value = secret.trim()
    if (value.length < SHORTEST) return
    for (const written of waysToWrite(value)) this.#values.add(written)
    // For example a connection string: another text may quote a part of it.
    for (const part of value.split(/[;,\s]+/)) {
      const [, assigned] = /^[\w.@-]+=(.{8,})$/.exec(part) ?? []
      if (assigned) for (const written of waysToWrite(assigned)) this.#values.add(written)
    }
  }

  hide(text: string): string {
    let hidden = text
    // The longest first: one secret may start with another.
    for (const secret of [...this.#values].sort((a, b) => b.length - a.length)) {
      hidden = hidden.replaceAll(secret, HIDDEN)
    }
    for (const form of SECRET_FORMS) hidden = hidden.replace(form, HIDDEN)
    // Looked for from the slashes on: from the scheme on takes minutes in a value of 100 KB without any.
    return hidden
      .replace(/(:\/\/[^\s:/@]*):[^\s@/]+@/g, `$1:${HIDDEN}@`)
      .replace(/(https?:\/\/)[^\s:/@]+@/g, `$1${HIDDEN}@`)
  }

  /** The same value with every text in it, at any depth. */
  hideIn<T>(value: T): T {
    if (typeof value === 'string') return this.hide(value) as T
    if (Array.isArray(value)) return value.map((item) => this.hideIn(item)) as T
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [this.hide(key), this.hideIn(inner)])) as T
  }
}

/** The password of a URL, and what a query or a connection string carries. */
function* secretsInside(value: string): Generator<string> {
  if (URL.canParse(value)) {
    const { protocol, username, password, searchParams } = new URL(value)
    // The user name of a URL may be a token; in a Redis URL it is the name of the user.
    if (username && !password && protocol.startsWith('http')) yield decode(username)
    if (password) {
      yield password
      yield decode(password)
    }
    for (const [name, parameter] of searchParams) if (isSecretName(name) || /^sig$/i.test(name)) yield parameter
  }
  for (const [, , assigned] of value.matchAll(/(^|[;&?])[\w-]*(?:key|password|pwd|secret|sig|token)=([^;&\s]+)/gi)) {
    yield assigned!
  }
}

function waysToWrite(value: string): readonly string[] {
  const bytes = Buffer.from(value)
  return [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
  ]
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
