/** A model endpoint that the app uses. */
export type ModelTarget = {
  /** Of the provider, for people. */
  readonly name: string
  /** The variable or option that names it. */
  readonly from: string
  readonly wire: 'openai' | 'anthropic'
  /** What the paths of the wire follow: `https://api.openai.com/v1`. */
  readonly baseUrl: URL
  /** Whether nothing names it but the key: it is the provider's own. */
  readonly isDefault?: boolean
  readonly credential: ModelCredential
  /** Undefined where nothing says which: then the list of models is asked for. */
  readonly model: string | undefined
}

export type ModelCredential =
  | { readonly kind: 'key'; readonly variable: string; readonly key: string; readonly header: KeyHeader }
  /** A token of Microsoft Entra ID for this resource. */
  | { readonly kind: 'identity'; readonly resource: string }
  | { readonly kind: 'none' }

export type KeyHeader = 'authorization' | 'api-key' | 'x-api-key'

export function keyHeaders({ key, header }: ModelCredential & { kind: 'key' }): Record<string, string> {
  return { [header]: header === 'authorization' ? `Bearer ${key}` : key }
}
