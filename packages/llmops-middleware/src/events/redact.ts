const HIDDEN = '[redacted]'

/** In characters. A longer text is cut first, because an error may have megabytes. */
const MOST_READ = 4000

/** Texts that are certainly secrets. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}-----|$)/g, HIDDEN],
  // user:password@ of a URL, with any scheme.
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]{1,512}@/gi, `$1${HIDDEN}@`],
  // The whole query of a URL, which may contain keys, signatures and tokens under any name.
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>?#]{1,512}\?)[^\s"'<>#]+/gi, `$1${HIDDEN}`],
  [
    /\b(Bearer|Basic|Digest|Negotiate|SharedKey|SharedAccessSignature|ApiKey|Token)\s+(?!token\b|auth|is\b|was\b|has\b|not\b|of\b|or\b|and\b|for\b|type\b|limit)[\w.~+/=:;%&-]{6,}/gi,
    `$1 ${HIDDEN}`,
  ],
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){1,4}/g, HIDDEN],
  // Names of keys and what follows: headers, JSON, connection strings, environment variables, parameters.
  [
    /(["']?\b[\w.-]{0,40}(?:api[_-]?key|apikey|access[_-]?key|account[_-]?key|instrumentation[_-]?key|subscription[_-]?key|[_-]key|secret|passw(?:or)?d|passwd|\bpwd|token|credential|authorization|cookie|session[_-]?id|signature|\bsig|connection[_-]?string|private[_-]?key)s?["']?\s{0,3}(?:[:=]|=>)\s{0,3})(?:"[^"]*"?|'[^']*'?|(?:Bearer|Basic)\s+\S+|[^\s,;&"'}\])]+)/gi,
    `$1${HIDDEN}`,
  ],
  // Prefixes that issuers of keys use.
  [
    /\b(?:sk|pk|rk|ak|xai|gsk|hf|r8|pplx|fw|nvapi|ghp|gho|ghu|ghs|ghr|github_pat|glpat|npm|pypi|xox[a-z]|whsec|dop_v1|shpat|lin_api|tgp_v1|csk|sntrys|key|pat)[-_](?=[\w-]*[\dA-Z*])[\w*.-]{6,}/g,
    HIDDEN,
  ],
  [/\b(?:AIza[\w-]{20,}|(?:AKIA|ASIA|AGPA|AROA)[A-Z0-9]{12,}|ya29\.[\w-]{10,})/g, HIDDEN],
]

/**
 * Long random texts: a key, a hash, a signature. UUIDs and ids of requests are not hidden, because they help to find a
 * request.
 */
const LONG_RUN = /[A-Za-z0-9+/_=-]{24,}/g
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const REQUEST_ID = /^(?:req|request|chatcmpl|cmpl|resp|msg|call|run|thread|batch|asst|trace)[-_][\w-]{8,64}$/

/** Removes possible secrets from a text, and shortens it to `most` characters. */
export function redacted(text: string, most = 300): string {
  let safe = text.length > MOST_READ ? wholeWords(text.slice(0, MOST_READ)) : text
  for (const [pattern, instead] of SECRETS) safe = safe.replace(pattern, instead)
  safe = safe.replace(LONG_RUN, (run) => (looksLikeKey(run) ? HIDDEN : run))
  // Control characters could start another line in a terminal or a log.
  safe = safe.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
  return safe.length > most ? `${safe.slice(0, most - 1)}…` : safe
}

const WORD = /^[\w.:-]{1,64}$/
/** The changes between letters and digits in `42P01` or `http_429`. A random text has more. */
const MOST_TURNS = 3

/**
 * Returns a code or the name of a class; `[redacted]` for any other text, since a thrown value may contain anything.
 */
export function redactedWord(text: string): string {
  const turns = text.match(/[A-Za-z]\d|\d[A-Za-z]/g)?.length ?? 0
  return WORD.test(text) && turns <= MOST_TURNS ? redacted(text, 64) : HIDDEN
}

/** Removes the last word, because a secret that was cut may not look like one. */
function wholeWords(text: string): string {
  return text.replace(/\S{0,2000}$/, '')
}

/**
 * Whether a text mixes letters and digits, or upper and lower case, for longer than words of a path or names of models
 * do.
 */
function looksLikeKey(run: string): boolean {
  if (UUID.test(run) || REQUEST_ID.test(run)) return false
  return run.split(/[-_/=+]/).some((part) => isRandom(part)) || (/\d/.test(run) && /[+=]/.test(run))
}

function isRandom(part: string): boolean {
  if (part.length < 16) return false
  const digits = part.replace(/\D/g, '').length
  const turns = part.match(/[a-z][A-Z0-9]|[0-9][A-Za-z]/g)?.length ?? 0
  return digits >= 3 && turns >= 3
}
