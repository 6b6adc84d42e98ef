import type { RequestChange } from '../wire-format.ts'

/** Schemes whose signature covers the body: AWS, Alibaba, Tencent, Volcengine, Google's HMAC keys, Oracle. */
const SIGNING_SCHEME = /^(\S*-)?(HMAC|ECDSA)-\S*|^Signature\b/i

/** Whether a change of the body would invalidate the signature of the request. */
export function isSigned(headers: Headers): boolean {
  return SIGNING_SCHEME.test(headers.get('authorization') ?? '') || headers.get('x-amz-content-sha256') !== null
}

export function signedRequestMessage({ model, maxOutputTokens }: RequestChange): string {
  const cap = maxOutputTokens === undefined ? '' : ` and at most ${maxOutputTokens} output tokens`
  return (
    `The request is signed, so it cannot be changed to model '${model}'${cap}. ` +
    'Set these in the request itself, or sign in the `fetch` option of createLlmOps, which is called after the change.'
  )
}
