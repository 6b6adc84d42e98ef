import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { tenantOf } from './tenant-of.ts'

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = (claims: unknown, signature = 'c2ln') => `Bearer ${part({ alg: 'RS256' })}.${part(claims)}.${signature}`

function tenantFrom(authorization: string | undefined, tenant?: string): string | undefined {
  const request = { headers: { authorization }, headersDistinct: {} } as IncomingMessage
  return tenantOf({ tenantUnverifiedClaim: 'tid', ...(tenant !== undefined && { tenant }) })(request)
}

describe('the claim of a token', () => {
  it('names the tenant, whatever the signature is worth', () => {
    expect(tenantFrom(token({ tid: 'contoso' }))).toBe('contoso')
    expect(tenantFrom(token({ tid: 'contoso' }, ''))).toBe('contoso')
    expect(tenantFrom(token({ tid: 'Contoso Süd' }).replace('Bearer', 'bearer'))).toBe('Contoso Süd')
  })

  it.each([
    ['no token', undefined],
    ['another scheme', `Basic ${part('a:b')}`],
    ['a token that is no JWT', 'Bearer opaque'],
    ['a payload that is not JSON', 'Bearer a.b.c'],
    ['a payload without claims', token(null)],
    ['a token without the claim', token({ sub: 'ada' })],
    ['a claim that every object has', token({}).replace('tid', 'toString')],
    ['an empty name', token({ tid: '' })],
  ])('is the fallback without a name: %s', (_, authorization) => {
    expect(tenantFrom(authorization)).toBeUndefined()
    expect(tenantFrom(authorization, 'fallback')).toBe('fallback')
  })

  it.each([
    ['a number', 7],
    ['a list', ['contoso']],
    ['an object', { name: 'contoso' }],
    ['a text that is too long', 'x'.repeat(257)],
  ])('names no tenant, and no fallback, with a name that no budget accepts: %s', (_, tid) => {
    expect(tenantFrom(token({ tid }), 'fallback')).toBeUndefined()
  })
})
