import type { TokenCredential } from '@azure/identity'

const SCOPE = 'https://vault.azure.net/.default'

/** Reads the probe token from the vault of the deployment; undefined if this login may not read it. */
export async function readProbeToken(vault: string, credential: TokenCredential): Promise<string | undefined> {
  try {
    const login = await credential.getToken(SCOPE)
    const url = `https://${vault}.vault.azure.net/secrets/probe-token?api-version=7.4`
    const response = await fetch(url, { headers: { authorization: `Bearer ${login?.token}` } })
    const { value } = (await response.json()) as { value?: unknown }
    return typeof value === 'string' ? value : undefined
  } catch {
    // Without it a slot returns its last result. The plan refuses one that is old, and says why.
    return undefined
  }
}
