import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RequestHandler } from 'express'

/** `GET /ask`: a page on which to ask the agent. It is one document and needs no build. */
export function askPage(): RequestHandler {
  const { html, contentSecurityPolicy } = readPage()
  return (_request, response) => {
    response
      .set('content-security-policy', contentSecurityPolicy)
      .set('x-content-type-options', 'nosniff')
      .set('referrer-policy', 'no-referrer')
      .type('html')
      .send(html)
  }
}

/** Reads the page. Its content security policy allows only the style and the script in the document. */
function readPage(): { html: string; contentSecurityPolicy: string } {
  const style = read('ask-page.css')
  const script = read('ask-page.js')
  // Functions, because `$&` in a replacement text would be expanded.
  const html = read('ask-page.html')
    .replace('/* ask-page.css */', () => style)
    .replace('/* ask-page.js */', () => script)
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
