// The stream of figures. Read with `fetch`, since an EventSource cannot send the token.

import { ApiError, request } from './api.js'

const RETRY_MS = 2000
/** A connection that brings nothing for this long is as good as gone, whatever the browser thinks of it. */
const SILENCE_MS = 15_000

/**
 * Listens until `stop`, connecting again as often as needed. `onEvent(name, data)` gets what comes, `onTrouble(error)`
 * each failure to connect.
 */
export function listen(path, { onEvent, onTrouble }) {
  let isStopped = false
  let connection = new AbortController()
  let retry

  async function connect() {
    connection = new AbortController()
    try {
      await read(await request(path, { signal: connection.signal }), connection, onEvent)
      throw new TypeError('The connection ended.')
    } catch (error) {
      if (isStopped) return
      onTrouble(error)
      // Whoever is not let in is not let in two seconds later either.
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return
      retry = setTimeout(connect, RETRY_MS)
    }
  }

  connect()
  return {
    stop() {
      isStopped = true
      clearTimeout(retry)
      connection.abort()
    },
  }
}

async function read(response, connection, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  let silence
  const wait = () => {
    clearTimeout(silence)
    silence = setTimeout(() => connection.abort(), SILENCE_MS)
  }
  try {
    for (;;) {
      wait()
      const { done, value } = await reader.read()
      if (done) return
      const events = (rest + value).split(/\r?\n\r?\n/)
      rest = events.pop()
      for (const event of events) dispatch(event, onEvent)
    }
  } finally {
    clearTimeout(silence)
    connection.abort()
  }
}

function dispatch(event, onEvent) {
  const fields = { event: 'message', data: [] }
  for (const line of event.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const value = line.slice(colon + 1).replace(/^ /, '')
    if (line.startsWith('data:')) fields.data.push(value)
    else if (line.startsWith('event:')) fields.event = value
  }
  if (fields.data.length > 0) onEvent(fields.event, JSON.parse(fields.data.join('\n')))
}
