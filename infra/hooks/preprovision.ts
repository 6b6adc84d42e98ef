// Runs before a provision. Reports what Azure would refuse or do differently than intended, and creates the key of a
// first tenant if there is none. If it stops, it has changed nothing. A deleted deployment starts from the beginning.
import { azd } from './azd.ts'
import { openAzure } from './azure.ts'
import { makeFirstKey } from './first-tenant.ts'
import { type Finding, type Preflight, parameterFindings, preflight } from './preflight/index.ts'
import { TARGET_SLOT } from './target-slot.ts'

const variables = process.env
const now = new Date()

const asked = await askAzure()
const findings: readonly Finding[] = [...parameterFindings(variables, now), ...(asked?.findings ?? [])]
for (const { stops, text } of findings) console.error(`preflight: ${stops ? '✗' : '!'} ${text}`)
const isStopped = findings.some(({ stops }) => stops)
if (isStopped && variables['SKIP_PREFLIGHT'] !== 'true') {
  console.error('preflight: nothing was changed. To provision all the same: azd env set SKIP_PREFLIGHT true')
  process.exit(1)
}
if (!isStopped) console.log('preflight: nothing stands in the way.')

const known = asked?.known
const refusal = makeFirstKey(azd, variables, known)
if (refusal !== undefined) {
  console.error(`preflight: ✗ ${refusal}`)
  process.exit(1)
}

// The deployment was deleted, so there is nothing left to swap with.
if (known && known.site === undefined && variables[TARGET_SLOT]) azd.set(TARGET_SLOT, '')

/** Undefined if the login cannot read it. The provision itself will report the reason. */
async function askAzure(): Promise<Preflight | undefined> {
  try {
    if (!variables['AZURE_SUBSCRIPTION_ID'] || !variables['AZURE_LOCATION']) {
      throw new Error('no subscription or region is chosen yet; azd up asks for them')
    }
    return await preflight(openAzure(), variables, now)
  } catch (error) {
    const { message, cause } = error as Error
    const reason =
      cause instanceof Error && message === 'fetch failed' ? `Azure cannot be reached (${cause.message})` : message
    console.error(`preflight: skipped what Azure would have to be asked for: ${reason}`)
    return undefined
  }
}
