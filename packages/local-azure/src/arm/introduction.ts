/** The path of the local ARM that returns what a person would know of a real deployment: a token, the site, its hosts. */
export const INTRODUCTION_PATH = '/.well-known/local-azure'

export type Introduction = {
  readonly siteId: string
  /** A token with all rights. Only the machine that runs the platform can reach this loopback address. */
  readonly token: string
  /** With this token a readiness check always runs a new task. On Azure it is in the vault. */
  readonly probeToken: string
  /** The loopback address for each public host. */
  readonly hosts: Readonly<Record<string, string>>
}
