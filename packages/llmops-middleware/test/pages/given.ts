/**
 * What examples use and pages do not make, by the name that the comment `<!-- given: … -->` of a page has for it. On no
 * page, so that an example stays short; examples are type-checked and run with them.
 */
import express from 'express'
import { createLlmOps } from 'llmops-middleware'
import { testModel } from 'llmops-middleware/testing'
import OpenAI from 'openai'

const scripted = testModel({ script: () => 'Hello.' })

export const ops = createLlmOps({ budget: { limitUsd: 50 }, fetch: scripted.fetch, logger: false })
export const openai = new OpenAI({ fetch: ops.fetch, apiKey: 'none' })
export const app = express()

export const lookup = ops.tool({ name: 'lookup', description: 'Looks things up', parameters: {}, run: () => 'found' })
export const text = '{}'
export const error: unknown = new Error('Something failed.')
export const tenant = 'contoso'
export const winston = { log: (..._given: readonly unknown[]): void => {} }

export const subscriptionId = '00000000-0000-0000-0000-000000000000'
export const resourceGroup = 'rg-agent'
export const credential = { getToken: async () => null }

/** Of `local-azure`. */
export const options = { snapshot: 'infra/main.snapshot.json', entry: 'apps/agent/src/main.ts' }
