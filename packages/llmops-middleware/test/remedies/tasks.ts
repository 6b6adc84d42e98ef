import { metrics } from '@opentelemetry/api'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { onTestFinished } from 'vitest'
import { configureAzureMonitorIfAvailable } from '../../src/azure-monitor/index.ts'
import { taskMiddleware } from '../../src/express/index.ts'
import type { Task } from '../../src/index.ts'
import { governed } from '../../src/web/index.ts'
import { serve } from '../support/serve.ts'
import { ask, failureOf, opsOf, type Remedy } from './remedy.ts'

/** A slow machine may begin a task after its deadline. */
const aborted = ({ signal }: Task) =>
  new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())))

/** Of a problem response, as a client reads it. */
async function problemIn(response: Response): Promise<Response> {
  if (response.ok) return response
  const { code, detail, status } = (await response.json()) as { code: string; detail: string; status: number }
  throw Object.assign(new Error(detail), { code, status })
}

export const TASKS = {
  deadline_exceeded: {
    by: 'caller',
    says: [/Task .* passed its deadline of 5 ms \(\d{4}-/, 'aborted'],
    async call() {
      const ops = opsOf()
      const run = (deadlineMs: number) =>
        ops.task({ deadlineMs }, async (task) => {
          if (deadlineMs === 5) await aborted(task)
          return await ask(ops)
        })
      return { error: await failureOf(() => run(5)), again: () => run(60_000) }
    },
  },
  task_ended: {
    by: 'world',
    says: [/Task .* has ended, so no further calls or tasks start in it/, 'passed its deadline of 5 ms'],
    async call() {
      const ops = opsOf()
      const late = Promise.withResolvers<unknown>()
      const run = (deadlineMs: number) =>
        ops.task({ deadlineMs }, async (task) => {
          if (deadlineMs === 5) await aborted(task)
          const asking = ask(ops)
          asking.then(late.resolve, late.reject)
          return await asking
        })
      await failureOf(() => run(5))
      return { error: await failureOf(() => late.promise), again: () => run(60_000) }
    },
  },
  client_disconnected: {
    by: 'world',
    says: [/client of task .* closed the connection/],
    async call() {
      const ops = opsOf()
      const left = Promise.withResolvers<unknown>()
      const begun = Promise.withResolvers<void>()
      const url = await serve((app) => {
        app.use(taskMiddleware({ ops, tenant: () => 'contoso' }))
        app.get('/wait', (_, response) => {
          const { task } = response.locals as { task: Task }
          task.signal.addEventListener('abort', () => left.reject(task.signal.reason))
          begun.resolve()
        })
        app.get('/', (_, response) => void response.json({}))
      })
      const leave = new AbortController()
      const leaving = fetch(`${url}/wait`, { signal: leave.signal }).catch(() => {})
      await begun.promise
      leave.abort()
      await leaving
      return { error: await failureOf(() => left.promise), again: async () => problemIn(await fetch(url)) }
    },
  },
  unknown_tenant: {
    by: 'caller',
    says: ['no tenant'],
    async call() {
      const ops = opsOf({ defaultTenant: undefined as never })
      const options = { ops, tenant: ({ headers }: Request) => headers.get('x-tenant') ?? undefined }
      const handle = governed(options, async () => Response.json(await ask(ops)))
      const get = async (headers: Record<string, string>) =>
        problemIn(await handle(new Request('http://shop/', { headers })))
      return { error: await failureOf(() => get({})), again: () => get({ 'x-tenant': 'contoso' }) }
    },
  },
  telemetry_goes_nowhere: {
    by: 'caller',
    says: ['two copies of @opentelemetry/api', '`npm ls @opentelemetry/api`', '`overrides`'],
    async call() {
      onTestFinished(() => metrics.disable())
      const connectionString = 'InstrumentationKey=00000000-0000-0000-0000-000000000000'
      // With two copies the provider is registered with the other one.
      const configure = (useAzureMonitor: () => void) =>
        configureAzureMonitorIfAvailable({
          connectionString,
          load: async () => ({ useAzureMonitor, shutdownAzureMonitor: async () => {} }),
        })
      const error = await failureOf(() => configure(() => {}))
      return { error, again: () => configure(() => void metrics.setGlobalMeterProvider(new MeterProvider())) }
    },
  },
} as const satisfies Readonly<Record<string, Remedy>>
