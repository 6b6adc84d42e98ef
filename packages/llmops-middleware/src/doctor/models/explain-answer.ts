import type { Finding } from '../report.ts'
import type { ModelAnswer } from './ask-model.ts'
import type { ModelTarget } from './model-target.ts'

type Said = Pick<Finding, 'layer' | 'detail' | 'next'>

/** Which layer a refusal of a model endpoint is of: not every refusal is the model's. */
export function explainRefusal(answer: ModelAnswer & { kind: 'refused' | 'foreign' }, target: ModelTarget): Said {
  if (answer.kind === 'foreign') {
    return {
      layer: 'model',
      detail: `${target.baseUrl.href} answers ${answer.status} with ${answer.contentType}: no model endpoint`,
      next: `Compare ${target.from} with the endpoint that the portal of the provider shows. A proxy may have answered instead.`,
    }
  }
  const { status, code, message } = answer
  const said = `${target.name} answers ${status}${code ? ` ${code}` : ''}${message && `: ${message}`}`
  const at = (layer: Said['layer'], next: string): Said => ({ layer, detail: said, next })
  // Azure says with 403 both that the role is missing and that the network is not allowed.
  if (status === 403 && /public access|virtual network|firewall|private endpoint/i.test(message)) {
    return at('network', 'The account takes no calls from this network: add a private endpoint, or allow this address.')
  }
  switch (status) {
    case 401:
      return at('identity', credentialHint(target))
    case 403:
      return at(
        'identity',
        target.credential.kind === 'identity'
          ? 'The identity lacks its role: give it Cognitive Services OpenAI User on the account; a new role takes minutes.'
          : 'The key is known and may not do this: look at its permissions, project or region.',
      )
    case 404:
      return at('model', `No such deployment or path: compare the model '${target.model}' and ${target.from}.`)
    case 429:
      return at('model', 'Rate limited, or out of quota or credit: look at the quota of the deployment or account.')
    case 402:
      return at('model', 'The account has no credit left.')
    default:
      return status >= 500
        ? at('model', 'The provider fails: look at its status page, and at a route to another target.')
        : at('model', 'The provider refuses the request itself: the model may not take chat completions.')
  }
}

function credentialHint({ credential }: ModelTarget): string {
  switch (credential.kind) {
    case 'key':
      return `The key in ${credential.variable} is wrong, revoked, or of another account.`
    case 'identity':
      return 'The token is not accepted: the account may be in another tenant, or want a custom subdomain.'
    case 'none':
      return 'It wants a key: set the variable of the provider, or name one with --key-env.'
  }
}
