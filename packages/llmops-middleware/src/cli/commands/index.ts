import type { CommandEntry } from '../command.ts'

/** Every command, in the order of `llmops --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'doctor',
    summary: 'Says which layer is broken under an app that calls models, and where to look next.',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'aliases',
    summary: 'Prints the short names of the doctor, such as ai-dns and checkport, for a shell.',
    load: async () => (await import('./aliases.ts')).aliases,
  },
  {
    name: 'tasks',
    summary: 'Lists the latest tasks of an agent, or those that failed.',
    load: async () => (await import('./tasks.ts')).tasks,
  },
  {
    name: 'task',
    parameters: 'ID',
    summary: 'Shows a task with its model and tool calls: times, tokens, cost, what the budget decided, why it failed.',
    load: async () => (await import('./task.ts')).task,
  },
]
