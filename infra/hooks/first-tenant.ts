import { createHash, randomBytes } from 'node:crypto'
import type { azd } from './azd.ts'
import type { Answer } from './azure.ts'
import type { Known } from './preflight/index.ts'
import type { Variables } from './preflight/wanted.ts'

/** The tenant that may use a new agent. */
export const FIRST_TENANT = 'first'
export const FIRST_KEY_SECRET = 'first-tenant-key'

/** How long a new role takes, by Azure's own word, and how often it is tried. */
const ROLE_MS = 120_000
const RETRY_MS = 5_000

/**
 * Creates the key of a first tenant if there is no tenant: the agent gets its hash, the vault the key itself. A deployed
 * agent already has tenants, and a new list would lock them out. The key of a deployment that was deleted was deleted
 * with its vault.
 *
 * @param known what Azure says is deployed; undefined where it could not be asked
 * @returns why it is refused, in a sentence.
 */
export function makeFirstKey(
  { set }: Pick<typeof azd, 'set'>,
  variables: Variables,
  known: Known | undefined,
): string | undefined {
  if (variables['TENANT_KEYS'] && !isGone(variables, known)) return undefined
  if (known === undefined) {
    return 'TENANT_KEYS is not set, and whether the agent has tenants already could not be asked: azd auth login, then azd up'
  }
  if (known.site !== undefined) {
    const read = 'az keyvault secret show --vault-name <vault> --name tenant-keys --query value --output tsv'
    return `${known.site} has tenants, whom a provision without TENANT_KEYS would lock out: azd env set TENANT_KEYS <what this prints: ${read}>`
  }
  const key = variables['FIRST_TENANT_KEY'] || randomBytes(32).toString('hex')
  // Saves the key before its hash, so that an interrupted run continues with the same key.
  set('FIRST_TENANT_KEY', key)
  set('TENANT_KEYS', `${FIRST_TENANT}=${createHash('sha256').update(key).digest('hex')}`)
  return undefined
}

/** Whether the only key is one that a hook created and that is lost: it is neither in a vault nor on this disk. */
function isGone(
  { TENANT_KEYS = '', FIRST_TENANT_KEY, FIRST_TENANT_KEY_SHOWN }: Variables,
  known: Known | undefined,
): boolean {
  const wasInVault = FIRST_TENANT_KEY_SHOWN !== undefined && !FIRST_TENANT_KEY
  const isOnly = new RegExp(`^${FIRST_TENANT}=[^,]*$`).test(TENANT_KEYS)
  return known !== undefined && known.site === undefined && wasInVault && isOnly
}

export type Waiting<Answer> = {
  readonly read: () => Promise<Answer>
  readonly sleep: (ms: number) => Promise<void>
}

/** Reads the key from the vault, with retries while the role is not effective yet; undefined if it never becomes so. */
export async function readFirstKey(vault: Waiting<Answer>): Promise<string | undefined> {
  // A 403 may pass once the role is effective. No other status would change.
  const { status, body } = await retry(vault, (answer) => answer.status !== 403)
  return status === 200 ? (body as { value: string }).value : undefined
}

/** The status of a real task, 200 when it succeeded: the roles of the agent take as long as those of a person. */
export async function untilReady({ read, sleep }: Waiting<{ readonly status: number }>): Promise<number> {
  const safely = () => read().catch(() => ({ status: 0 }))
  return (await retry({ read: safely, sleep }, ({ status }) => status === 200)).status
}

async function retry<Answer>({ read, sleep }: Waiting<Answer>, isLast: (answer: Answer) => boolean): Promise<Answer> {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    const answer = await read()
    if (isLast(answer) || waitedMs >= ROLE_MS) return answer
    await sleep(RETRY_MS)
  }
}

/** The command that asks the agent. In PowerShell it starts no program, since quotes in arguments would be lost. */
export function callOf(url: string, key: string, platform: string): string {
  const body = JSON.stringify({ prompt: 'Where is my order ORD-1001?' })
  return platform === 'win32'
    ? `Invoke-RestMethod ${url}/chat -Method Post -ContentType application/json -Headers @{authorization='Bearer ${key}'} -Body '${body}'`
    : `curl ${url}/chat -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`
}
