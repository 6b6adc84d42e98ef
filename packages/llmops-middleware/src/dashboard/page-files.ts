import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'

/** What a browser gets for one address of the page. */
export type PageFile = {
  readonly body: Buffer
  /** `content-type` and `etag`. */
  readonly headers: Readonly<Record<string, string>>
}

export type PageFiles = {
  readonly index: PageFile
  /** By name, as in `page/main.js`: only what lies in the folder, whatever is asked for. */
  get(name: string): PageFile | undefined
}

/** No inline code, no files from other origins, and no frames around the page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const PAGE = 'src/dashboard/page'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/**
 * The files as they are written: there is no build. The package has `src` beside `dist`, and this file lies at the same
 * depth in both, so that one copy serves both. A bundle moves this file away from them, and one of CommonJS does not even
 * know where it is: then they are in the package that the app finds.
 *
 * @throws Error
 */
function pageFolder(): string {
  const here = import.meta.dirname as string | undefined
  const beside = here === undefined ? undefined : join(here, '../..', PAGE)
  if (beside !== undefined && existsSync(beside)) return beside
  try {
    return join(createRequire(join(process.cwd(), 'app.js')).resolve('llmops-middleware/package.json'), '..', PAGE)
  } catch (cause) {
    throw new Error(
      `The files of the dashboard's page are in no bundle, and no llmops-middleware is installed in ${process.cwd()}, where ` +
        'the app was started. Install it there; a bundler may then leave it out (esbuild --external:llmops-middleware).',
      { cause },
    )
  }
}

/** Reads them once, some 130 kB. */
export function readPageFiles(): PageFiles {
  const folder = pageFolder()
  const files = new Map(readdirSync(folder).map((name) => [name, read(join(folder, name))]))
  return { index: files.get('index.html')!, get: (name) => files.get(name) }
}

function read(path: string): PageFile {
  const body = readFileSync(path)
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  return { body, headers: { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', etag } }
}
