/** Returns the name of a host without the dot of its root: `api.openai.com.` is `api.openai.com` to every resolver. */
export function hostNameOf({ hostname }: URL): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}
