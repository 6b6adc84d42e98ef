/**
 * The three ways to name an operation of OpenAI: its own `/v1/…`, Azure's `/openai/v1/…`, and Azure's older
 * `/openai/deployments/{deployment}/…`. A gateway may put a prefix before any of them.
 */
const DEPLOYMENT = /\/openai\/deployments\/([^/]+)\//i

export function endsWithOperation(url: URL, operation: string): boolean {
  return url.pathname.endsWith(`/${operation}`) || url.pathname.endsWith(`/${operation}/`)
}

/** The deployment that an Azure path names; it goes before the body's model. */
export function deploymentIn(url: URL): string | undefined {
  const deployment = DEPLOYMENT.exec(url.pathname)?.[1]
  return deployment === undefined ? undefined : decodeURIComponent(deployment)
}

export function withDeployment(url: URL, deployment: string): URL {
  const changed = new URL(url)
  changed.pathname = url.pathname.replace(DEPLOYMENT, `/openai/deployments/${encodeURIComponent(deployment)}/`)
  return changed
}

/** `gen_ai.provider.name`; Azure is told by its path, so that a private endpoint counts too. */
export function openAiProvider(url: URL): string {
  return /\/openai\//i.test(url.pathname) || url.hostname.endsWith('.azure.com') ? 'azure.ai.openai' : 'openai'
}
