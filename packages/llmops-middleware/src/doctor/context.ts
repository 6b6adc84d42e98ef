import type { ModelAnswer } from './models/ask-model.ts'
import type { ModelTarget } from './models/model-target.ts'
import type { Asked } from './probes/bounded.ts'
import type { Connection } from './probes/connect.ts'
import type { Token } from './probes/identity-tokens.ts'
import type { Finding } from './report.ts'
import type { Secrets } from './secrets.ts'
import type { AppDescription } from './settings/app-description.ts'

/** What a check is given. Answers that several checks need are asked for once. */
export type Context = {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly signal: AbortSignal
  readonly secrets: Secrets
  /** What the app says of itself, where it does. */
  readonly app: AppDescription | undefined
  readonly models: readonly ModelTarget[]
  readonly options: DoctorOptions
  addressesOf(hostname: string): Promise<Asked<readonly string[]>>
  /** Undefined where the name does not resolve. */
  connectionTo(url: URL): Promise<Asked<Connection> | undefined>
  /** Of the identity that the app would use; undefined where there is none. */
  tokenFor(resource: string): Promise<Asked<Token> | undefined>
  /** Undefined where it was not asked, because something before it is broken. */
  answersOf(target: ModelTarget): Promise<readonly Asked<ModelAnswer>[] | undefined>
}

export type DoctorOptions = {
  /** How often each model is asked. */
  readonly calls: number
  /** From how many milliseconds to the first token on a model is too slow. */
  readonly slowMs: number
  /** How long one question may take, in milliseconds. */
  readonly timeoutMs: number
  /** Where the app is. */
  readonly appUrl: URL | undefined
}

export type Check = (context: Context) => Promise<readonly Finding[]>
