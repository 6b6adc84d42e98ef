import type { Context } from '../context.ts'
import { expectedPort } from '../probes/app-port.ts'
import { type Asked, bounded, reasonOf } from '../probes/bounded.ts'
import type { Finding } from '../report.ts'

/** The first that is there counts. */
const LIVE_PATHS = ['/livez', '/health', '/healthz', '/']
const READY_PATHS = ['/readyz', '/health/ready', '/ready']
const MOST_TEXT = 4096

type Answer = { readonly path: string; readonly status: number; readonly text: string }

/** Asks the app itself, from where it runs. */
export async function checkApp(context: Context): Promise<readonly Finding[]> {
  const expected = expectedPort(context)
  const url = context.options.appUrl ?? (expected && new URL(`http://127.0.0.1:${expected.port}`))
  if (!url) return [{ layer: 'app', status: 'skipped', detail: 'nothing says where the app listens (PORT, --app-url)' }]
  const [live, ready] = await Promise.all([first(context, url, LIVE_PATHS), first(context, url, READY_PATHS)])
  if (!live.ok) return [down(url, live)]
  const findings = [living(live)]
  if (!ready.ok)
    return [
      ...findings,
      {
        layer: 'app',
        status: 'failed',
        detail: `its readiness did not answer: ${reasonOf(ready.error)}`,
        next: LOG,
        ms: ready.ms,
      },
    ]
  return ready.value.status === 404 ? findings : [...findings, readiness(ready)]
}

function down(url: URL, { error, ms }: Asked<Answer> & { ok: false }): Finding {
  const isSilent = error.name === 'NoAnswerError'
  return {
    layer: 'app',
    status: 'failed',
    detail: `the app ${isSilent ? 'takes connections and does not answer' : `is down: ${reasonOf(error)}`} at ${url.host}`,
    next: isSilent
      ? 'Its event loop may be blocked, or it is starting: look at its CPU, and at its log.'
      : 'Look at the log of its last start: what it printed before it ended.',
    ms,
  }
}

function living({ value: { path, status }, ms }: Asked<Answer> & { ok: true }): Finding {
  const detail = `GET ${path} answers ${status}`
  // Any response below 500 comes from a process that is alive.
  return status < 500
    ? { layer: 'app', status: 'ok', detail, ms }
    : { layer: 'app', status: 'failed', detail, next: LOG, ms }
}

function readiness({ value: { path, status, text }, ms }: Asked<Answer> & { ok: true }): Finding {
  if (status < 400) return { layer: 'app', status: 'ok', detail: `GET ${path} answers ${status}`, ms }
  const said = reasonIn(text)
  const isUnknown = status === 401 || status === 403
  return {
    layer: 'app',
    status: isUnknown ? 'warning' : 'failed',
    detail: `GET ${path} answers ${status}${said ? `: ${said}` : ''}`,
    next: isUnknown ? 'It does not answer requests without a token.' : LOG,
    ms,
    data: { path, status, reason: said },
  }
}

const LOG = 'Look at the log of the app at this time, and at what the last release changed.'

async function first(context: Context, url: URL, paths: readonly string[]): Promise<Asked<Answer>> {
  let last: Asked<Answer> | undefined
  for (const path of paths) {
    last = await bounded(context.options.timeoutMs, context.signal, async (signal) => {
      const response = await fetch(new URL(path, url), { signal, redirect: 'manual' })
      return { path, status: response.status, text: (await response.text()).slice(0, MOST_TEXT) }
    })
    if (!last.ok || last.value.status !== 404) return last
  }
  return last!
}

/** What a problem of ours, or of others, says. */
function reasonIn(text: string): string | undefined {
  try {
    const { reason, detail, title, error, status } = JSON.parse(text) as Record<string, unknown>
    return [reason, detail, title, error, status]
      .filter((part) => typeof part === 'string')
      .slice(0, 2)
      .join(', ')
  } catch {
    return undefined
  }
}
