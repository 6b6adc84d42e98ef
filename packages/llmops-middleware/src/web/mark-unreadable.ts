/**
 * Lets `json()` and `formData()` of a request mark the error of a body that is not what its reader expects, in the way of
 * `http-errors`: it is the mistake of the caller. The error stays the same object, for handlers that catch it.
 */
export function markUnreadable(request: Request): void {
  mark(request, 'json', SyntaxError, 'entity.parse.failed')
  mark(request, 'formData', TypeError, 'form.parse.failed')
}

function mark(
  request: Request,
  name: 'json' | 'formData',
  Mistake: typeof SyntaxError | typeof TypeError,
  type: string,
): void {
  const read = request[name] as (() => Promise<never>) | undefined
  if (typeof read !== 'function' || !Object.isExtensible(request)) return
  const reading = async () => {
    // A second reader of a body is a mistake of the handler.
    const isRead = request.bodyUsed || request.body?.locked
    try {
      return await read.call(request)
    } catch (error) {
      const isMistake = error instanceof Mistake && !isRead && !request.signal?.aborted
      throw isMistake ? Object.assign(error, { status: 400, expose: true, type }) : error
    }
  }
  Object.defineProperty(request, name, { value: reading, configurable: true, writable: true })
}
