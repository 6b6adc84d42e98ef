/** The path of a request and its query. A proxy may send the whole URL in its place (RFC 9112, section 3.2.2). */
export function pathOf({ url = '/' }: { readonly url?: string | undefined }): string {
  if (url.startsWith('/') || !URL.canParse(url)) return url
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}
