import { RefusedError } from './refused-error.ts'

/** What the SDK throws, as far as it is read; `instanceof` would tie this to one copy of its packages. */
type ArmFailure = {
  readonly statusCode?: number
  readonly code?: string
  readonly message?: string
  readonly name?: string
}

export type Asked = {
  /** What was asked about, such as `the web app shop`. */
  readonly what: string
  /** The least built-in role that allows it. */
  readonly role: string
}

/** Turns what a request to ARM threw into a sentence that says what is wrong and what to do. */
export function explainArmError(error: unknown, { what, role }: Asked): RefusedError {
  const { statusCode, code, message, name } = (error ?? {}) as ArmFailure
  const say = (sentence: string) => new RefusedError(sentence, { cause: error })
  if (LOGIN_FAILURES.includes(name ?? '')) {
    return say('There is no login to Azure: run `az login` or `azd auth login`, and try again.')
  }
  // learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
  switch (code) {
    case 'SubscriptionNotFound':
    case 'InvalidSubscriptionId':
      return say(`This login cannot see the subscription of ${what}; check --subscription, or log in to its tenant.`)
    case 'ResourceGroupNotFound':
      return say(`The resource group of ${what} does not exist; check --resource-group.`)
  }
  switch (statusCode) {
    case 401:
      return say(`Azure does not accept this login for ${what}; run \`az login\` and try again.`)
    case 403:
      return say(`This login lacks a right at ${what}; ask for the role ${role} there. ${firstLine(message)}`)
    case 404:
      return say(`Azure does not know ${what}; check --site and --slot.`)
    case 409:
      return say(`Another operation, most likely a swap, is running on ${what}; wait for its end and look again.`)
    case 429:
      return say(`Azure is throttling this login at ${what}; wait a minute and try again.`)
  }
  return say(`Azure could not be asked about ${what}, try again later: ${firstLine(message ?? String(error))}`)
}

/** The names of the errors of `@azure/identity` that mean that there is no login. */
const LOGIN_FAILURES = ['CredentialUnavailableError', 'AuthenticationError', 'AggregateAuthenticationError']

function firstLine(message = ''): string {
  return message.split('\n')[0] ?? ''
}
