/** Where the local ARM says what a person would know of a real one: the login, the site, and who answers for what. */
export const INTRODUCTION_PATH = '/.well-known/local-azure'

export type Introduction = {
  readonly siteId: string
  /** A token of someone who may do everything. Whoever can reach this loopback address started the platform. */
  readonly token: string
  /** What makes a slot do a task at once; on Azure it is in the vault. */
  readonly probeToken: string
  /** The loopback address that stands for each public host. */
  readonly hosts: Readonly<Record<string, string>>
}
