import { ManagedIdentityCredential } from '@azure/identity'
import { expect, it } from 'vitest'
import { ingestion } from './ingestion.ts'

const KEY = 'InstrumentationKey=00000000-0000-0000-0000-000000000001'
const CLIENT = '00000000-0000-0000-0000-000000000002'

it('sends with the identity of the agent if it has one', () => {
  const azure = `${KEY};IngestionEndpoint=https://swedencentral-0.in.applicationinsights.azure.com/`
  expect(ingestion(azure, CLIENT).credential).toBeInstanceOf(ManagedIdentityCredential)
  expect(ingestion(azure, undefined)).toEqual({})
})

it('sends no token of its identity to an endpoint without TLS', () => {
  expect(ingestion(`${KEY};IngestionEndpoint=http://127.0.0.1:9/`, CLIENT)).not.toHaveProperty('credential')
})
