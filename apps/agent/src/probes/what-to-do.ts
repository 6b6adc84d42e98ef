/** What an operator does next, by the reason for which the agent is not ready. */
const ADVICE: Readonly<Record<string, string>> = {
  identity_not_ready:
    "Give the identity the role 'Cognitive Services OpenAI User' on the account, or wait: a new role takes up to ten minutes.",
  budget_exceeded: 'Raise HEALTH_BUDGET_USD, or wait for its period to end; tenants are not concerned.',
  run_budget_exceeded: 'Raise HEALTH_BUDGET_USD, or wait for its period to end; tenants are not concerned.',
  ledger_unavailable: 'Look at the ledger: REDIS_URL, or the disk of DATA_DIR.',
  unknown_model_price: 'Say in MODEL_OF_DEPLOYMENT which model the deployment runs.',
  DeploymentNotFound: 'Name a deployment that exists in PRIMARY_MODEL; a new one takes five minutes.',
  model_not_found: 'Name a model that exists in PRIMARY_MODEL.',
  rate_limit_exceeded: 'Wait, or raise the capacity of the deployment.',
  deadline_exceeded: 'Look at the latency of the model, or raise TASK_DEADLINE_MS.',
  draining: 'It is stopping: nothing is to be done.',
}

const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'Look at the identity of the agent and its role on the account.',
  403: 'Look at the role of the identity, and at the network rules of the account.',
  404: 'Look at AZURE_OPENAI_ENDPOINT and PRIMARY_MODEL: no deployment answers there.',
  429: 'Wait, or raise the capacity of the deployment.',
}

/** One sentence. */
export function whatToDo(code: string | undefined, status: number | undefined): string {
  const byCode = code !== undefined && Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined
  if (byCode) return byCode
  if (status !== undefined && status >= 500) return 'The provider is failing: look at its status page and wait.'
  const byStatus = status === undefined ? undefined : BY_STATUS[status]
  return byStatus ?? 'Look at AZURE_OPENAI_ENDPOINT and the network, then at the lines of the failed tasks.'
}
