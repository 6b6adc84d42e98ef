import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { SOURCE_OPTIONS, taskSource } from '../tasks/task-source.ts'
import { taskOf } from '../tasks/write-tasks.ts'
import { UsageError } from '../usage-error.ts'

export const task: Command = {
  maxArguments: 1,
  options: { json: { type: 'boolean', description: 'print it as JSON' }, ...SOURCE_OPTIONS },
  exitCodes: { 0: 'the task is shown', 1: 'there is no such task: it may be too old, or not over' },
  async run(given, world) {
    const [id] = given.positionals
    if (id === undefined) throw new UsageError(`The ID of a task is missing; \`${world.call} tasks\` lists them.`)
    const source = taskSource(given, world)
    try {
      const task = await source.get(id)
      if (task === undefined) {
        world.stderr.write(`There is no task ${JSON.stringify(id)} there: it may be too old, or not over.\n`)
        return EXIT.didNotHold
      }
      world.stdout.write(given.options['json'] ? `${JSON.stringify(task, null, 2)}\n` : taskOf(task))
      return EXIT.held
    } finally {
      source.close()
    }
  },
}
