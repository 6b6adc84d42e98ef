/** What an operator should do, by the code of the reason why the agent is not ready. */
const ADVICE: Readonly<Record<string, string>> = {
  identity_not_ready:
    "Give the identity the role 'Cognitive Services OpenAI User' on the account, or wait: a new role takes up to ten minutes.",
  budget_exceeded: 'Raise HEALTH_BUDGET_USD, or wait for its period to end. The budgets of tenants are not affected.',
  run_budget_exceeded:
    'Raise HEALTH_BUDGET_USD, or wait for its period to end. The budgets of tenants are not affected.',
  ledger_unavailable: 'Check the ledger: REDIS_URL, or the disk of DATA_DIR.',
  unknown_model_price: 'Set MODEL_OF_DEPLOYMENT to the model that the deployment runs.',
  DeploymentNotFound: 'Set PRIMARY_MODEL to a deployment that exists. A new one takes up to five minutes.',
  model_not_found: 'Set PRIMARY_MODEL to a model that exists.',
  rate_limit_exceeded: 'Wait, or raise the capacity of the deployment.',
  deadline_exceeded: 'Check the latency of the model, or raise TASK_DEADLINE_MS.',
  draining: 'The process is stopping. There is nothing to do.',
}

const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'Check the identity of the agent and its role on the account.',
  403: 'Check the role of the identity, and the network rules of the account.',
  404: 'Check AZURE_OPENAI_ENDPOINT and PRIMARY_MODEL: there is no such deployment.',
  429: 'Wait, or raise the capacity of the deployment.',
}

/** Advice for the log, by the error's code or else by the status of the provider's response. */
export function whatToDo(code: string | undefined, status: number | undefined): string {
  const byCode = code !== undefined && Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined
  if (byCode) return byCode
  if (status !== undefined && status >= 500) return 'The provider is failing. Check its status page, and wait.'
  const byStatus = status === undefined ? undefined : BY_STATUS[status]
  return byStatus ?? 'Check AZURE_OPENAI_ENDPOINT and the network, then the log lines of the failed tasks.'
}
