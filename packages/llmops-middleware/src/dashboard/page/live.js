// The stream of figures. Read with `fetch`, since an EventSource cannot send the token.

import { ApiError, getJson, request } from './api.js'

const RETRY_MS = 2000
/** Where no stream is read, it is asked so often. */
const ASK_MS = 5000
/** A connection that brings nothing for this long is as good as gone, whatever the browser thinks of it. */
const SILENCE_MS = 15_000

/**
 * Listens to a window until `stop`, connecting again as often as needed. `onEvent(name, data)` gets what comes,
 * `onTrouble(error)` each failure to connect.
 *
 * Two cannot hold a stream, and ask every few seconds: who is behind a proxy that waits for the end of an answer before it
 * hands on its beginning; and a hidden tab, since all tabs of a browser share six connections over HTTP/1.1.
 */
export function listen(windowName, { onEvent, onTrouble }) {
  let isStopped = false
  let isHeldBack = false
  let connection = new AbortController()
  let retry

  async function connect() {
    clearTimeout(retry)
    connection.abort()
    const own = new AbortController()
    connection = own
    const silence = timer(SILENCE_MS, () => own.abort())
    let hasHeard = false
    const hear = (name, data) => {
      hasHeard = true
      onEvent(name, data)
    }
    try {
      if (isHeldBack || document.hidden) {
        hear('overview', await getJson('api/overview', { window: windowName }, { signal: own.signal }))
        retry = setTimeout(connect, ASK_MS)
      } else {
        await read(await request(`api/live?window=${windowName}`, { signal: own.signal }), silence, hear)
        throw new TypeError('The connection ended.')
      }
    } catch (error) {
      if (isStopped || own !== connection) return
      const isSilent = own.signal.aborted && !hasHeard
      if (isSilent && !isHeldBack && !document.hidden) {
        isHeldBack = true
        connect()
        return
      }
      isHeldBack = false
      onTrouble(error)
      // Access that is denied now is still denied two seconds later.
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return
      retry = setTimeout(connect, RETRY_MS)
    } finally {
      silence.stop()
      if (own !== connection) own.abort()
    }
  }

  document.addEventListener('visibilitychange', connect)
  connect()
  return {
    stop() {
      isStopped = true
      document.removeEventListener('visibilitychange', connect)
      clearTimeout(retry)
      connection.abort()
    },
  }
}

function timer(ms, act) {
  let handle = setTimeout(act, ms)
  return {
    again() {
      clearTimeout(handle)
      handle = setTimeout(act, ms)
    },
    stop: () => clearTimeout(handle),
  }
}

async function read(response, silence, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    silence.again()
    const events = (rest + value).split(/\r?\n\r?\n/)
    rest = events.pop()
    for (const event of events) dispatch(event, onEvent)
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
