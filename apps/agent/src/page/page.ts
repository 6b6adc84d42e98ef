import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Page = { readonly html: string; readonly contentSecurityPolicy: string }

/** The live page as one document without a build. The policy allows exactly the style and the script that are in it. */
export function readPage(): Page {
  const style = read('page.css')
  const script = read('page.js')
  // Functions, because `$&` in a replacement text would be expanded.
  const html = read('page.html')
    .replace('/* page.css */', () => style)
    .replace('/* page.js */', () => script)
  return {
    html,
    contentSecurityPolicy: [
      "default-src 'none'",
      `style-src '${hashOf(style)}'`,
      `script-src '${hashOf(script)}'`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  }
}

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8')
}

function hashOf(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`
}
