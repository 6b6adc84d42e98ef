import type { Request, Response, Router } from 'express'
import { notFound } from './answers.ts'
import { PAGE_HEADERS, type PageFile, readPageFiles } from './page-files.ts'

/** `GET ./` and `GET ./page/NAME`: to everybody, since there are no data in them. */
export function servePage(router: Router): void {
  const files = readPageFiles()
  router.get('/', (request, response) => {
    const [path = ''] = request.originalUrl.split('?', 1)
    // Every URL in the page is relative to its folder.
    if (!path.endsWith('/')) return response.redirect(308, `${path.slice(path.lastIndexOf('/') + 1)}/`)
    sendFile(request, response, files.index)
  })
  router.get('/page/:name', (request, response) => {
    const file = files.get(request.params.name)
    if (file) sendFile(request, response, file)
    else notFound(response, 'The page has no such file.')
  })
}

function sendFile(request: Request, response: Response, { body, headers }: PageFile): void {
  response.set({ ...PAGE_HEADERS, ...headers, 'cache-control': 'no-cache' })
  if (request.fresh) response.status(304).end()
  else response.send(body)
}
