import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { tenantOfKey } from './tenant-keys.ts'

const keyHashes = new Map(
  Object.entries({ contoso: 'key-of-contoso', fabrikam: 'key-of-fabrikam' }).map(([tenant, key]) => [
    tenant,
    createHash('sha256').update(key).digest('hex'),
  ]),
)

it('finds the tenant of a key', () => {
  expect(tenantOfKey('key-of-fabrikam', keyHashes)).toBe('fabrikam')
})

it('finds no tenant for an unknown key, nor for a hash in place of its key', () => {
  expect(tenantOfKey('key-of-nobody', keyHashes)).toBeUndefined()
  expect(tenantOfKey(keyHashes.get('contoso')!, keyHashes)).toBeUndefined()
})
