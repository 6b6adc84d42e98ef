/**
 * An operation of OpenAI has three kinds of paths: OpenAI's `/v1/…`, Azure's `/openai/v1/…`, and Azure's older
 * `/openai/deployments/{deployment}/…`. A gateway may add a prefix to any of them.
 */
const DEPLOYMENT = /\/openai\/deployments\/([^/]+)\//i

export function endsWithOperation(url: URL, operation: string): boolean {
  return url.pathname.endsWith(`/${operation}`) || url.pathname.endsWith(`/${operation}/`)
}

/** Returns the deployment in an Azure path; it takes precedence over the body's model. */
export function deploymentIn(url: URL): string | undefined {
  const deployment = DEPLOYMENT.exec(url.pathname)?.[1]
  return deployment === undefined ? undefined : decodeURIComponent(deployment)
}

export function withDeployment(url: URL, deployment: string): URL {
  const changed = new URL(url)
  changed.pathname = url.pathname.replace(DEPLOYMENT, `/openai/deployments/${encodeURIComponent(deployment)}/`)
  return changed
}

/** Returns `gen_ai.provider.name`. Azure is also recognised by its path, for private endpoints. */
export function openAiProvider(url: URL): string {
  return /\/openai\//i.test(url.pathname) || url.hostname.endsWith('.azure.com') ? 'azure.ai.openai' : 'openai'
}
