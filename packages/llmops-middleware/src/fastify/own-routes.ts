/** Marks routes that run outside of tasks: a health check has no payer. */
export const IN_NO_TASK = { llmops: 'in no task' }

export function isInNoTask(config: object): boolean {
  return (config as { readonly llmops?: unknown }).llmops === IN_NO_TASK.llmops
}
