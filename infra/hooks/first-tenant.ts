import { createHash, randomBytes } from 'node:crypto'
import type { azd } from './azd.ts'
import type { Answer } from './azure.ts'
import type { Known } from './preflight/index.ts'
import type { Variables } from './preflight/wanted.ts'

/** Who may ask a new agent. */
export const FIRST_TENANT = 'first'
export const FIRST_KEY_SECRET = 'first-tenant-key'

/** How long a new role takes, by Azure's own word, and how often it is tried. */
const ROLE_MS = 120_000
const RETRY_MS = 5_000

/**
 * Makes the key of a first tenant where nobody has one: its hash for the agent, the key itself for the vault. An agent
 * that is deployed has tenants, whom a new list would lock out, whichever machine it comes from. The key of one that was
 * torn down went with its vault.
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
  // The key before its hash: whatever ends in between is begun again with the same.
  set('FIRST_TENANT_KEY', key)
  set('TENANT_KEYS', `${FIRST_TENANT}=${createHash('sha256').update(key).digest('hex')}`)
  return undefined
}

/** Whether the only key is one that a hook made, that is in no vault any longer, and on this disk neither. */
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

/** The key from the vault, asked for again while the right to read it has not arrived; undefined when it never does. */
export async function readFirstKey(vault: Waiting<Answer>): Promise<string | undefined> {
  // 403 while the role is not there; nothing else would change.
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

/** What asks the agent, to be pasted: quotes in an argument survive in PowerShell only without a program. */
export function callOf(url: string, key: string, platform: string): string {
  const body = JSON.stringify({ prompt: 'Where is my order ORD-1001?' })
  return platform === 'win32'
    ? `Invoke-RestMethod ${url}/chat -Method Post -ContentType application/json -Headers @{authorization='Bearer ${key}'} -Body '${body}'`
    : `curl ${url}/chat -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`
}
