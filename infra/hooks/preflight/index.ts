import type { Azure } from '../azure.ts'
import { armedFindings } from './armed.ts'
import type { Finding } from './finding.ts'
import { modelFindings } from './models.ts'
import { nameFindings } from './names.ts'
import { planFindings } from './plan.ts'
import { rightFindings } from './rights.ts'
import { settingFindings } from './settings.ts'
import { findTarget } from './target.ts'
import type { Variables } from './wanted.ts'

export type { Finding } from './finding.ts'
export { parameterFindings } from './parameters.ts'

export type Preflight = {
  readonly findings: readonly Finding[]
  /** What is there already; undefined where that could not be asked. */
  readonly known: Known | undefined
}
/** The name of the site of an earlier provision. */
export type Known = { readonly site: string | undefined }

/** Checks that Azure can make before anything is provisioned. They change nothing. */
export async function preflight(azure: Azure, variables: Variables, now: Date): Promise<Preflight> {
  const target = await findTarget(azure, variables, now)
  if ('stops' in target) return { findings: [target], known: undefined }
  const asked = [rightFindings, modelFindings, planFindings, nameFindings, armedFindings, settingFindings]
  const findings = await Promise.all(asked.map((ask) => ask(target)))
  return { findings: findings.flat(), known: { site: target.site?.name } }
}
