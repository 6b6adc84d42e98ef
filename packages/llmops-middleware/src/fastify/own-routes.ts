/** Marks routes that run in no task: nobody pays for a look at the health. */
export const IN_NO_TASK = { llmops: 'in no task' }

export function isInNoTask(config: object): boolean {
  return (config as { readonly llmops?: unknown }).llmops === IN_NO_TASK.llmops
}
