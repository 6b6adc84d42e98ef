import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { SOURCE_OPTIONS, taskSource } from '../tasks/task-source.ts'
import { listOf } from '../tasks/write-tasks.ts'
import { UsageError } from '../usage-error.ts'

const MOST = 200

export const tasks: Command = {
  options: {
    failed: { type: 'boolean', description: 'only those that failed' },
    tenant: { type: 'string', value: 'NAME', description: 'only those of a tenant' },
    limit: { type: 'string', value: 'N', description: `how many, 1 to ${MOST} (20)` },
    json: { type: 'boolean', description: 'print them as JSON' },
    ...SOURCE_OPTIONS,
  },
  exitCodes: { 0: 'they are listed, if there are any' },
  async run(given, world) {
    const { failed, tenant, limit, json } = given.options
    const query = {
      isFailed: failed === true,
      tenant: tenant === undefined ? undefined : String(tenant),
      limit: limitOf(limit),
    }
    const source = taskSource(given, world)
    try {
      const tasks = await source.list(query)
      world.stdout.write(json ? `${JSON.stringify(tasks, null, 2)}\n` : listOf(tasks))
    } finally {
      source.close()
    }
    return EXIT.held
  },
}

function limitOf(value: unknown): number {
  if (value === undefined) return 20
  const limit = /^\d+$/.test(String(value)) ? Number(value) : 0
  if (limit >= 1 && limit <= MOST) return limit
  throw new UsageError(`--limit must be a whole number from 1 to ${MOST}, got '${value}'.`)
}
