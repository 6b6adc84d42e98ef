// What the Workflow Definition Language asks of a definition. Its JSON schema is served by Azure only, so what it and the
// limits of the service say is checked here; the interpreter of the local platform refuses every key it does not know.
// learn.microsoft.com/azure/logic-apps/workflow-definition-language-schema
// learn.microsoft.com/azure/logic-apps/logic-apps-limits-and-configuration#workflow-definition-limits
import { describe, expect, it } from 'vitest'
import { only } from '../committed-snapshot.ts'

type Action = {
  readonly type: string
  readonly inputs?: Readonly<Record<string, unknown>> | string
  readonly runAfter?: Readonly<Record<string, readonly string[]>>
  readonly actions?: Actions
  readonly else?: { readonly actions: Actions }
  readonly limit?: { readonly count: number; readonly timeout: string }
  readonly runtimeConfiguration?: { readonly secureData?: { readonly properties: readonly string[] } }
}
type Actions = Readonly<Record<string, Action>>
type Definition = {
  readonly $schema: string
  readonly contentVersion: string
  readonly parameters: Readonly<Record<string, { readonly type: string }>>
  readonly triggers: Readonly<Record<string, { readonly type: string; readonly kind: string }>>
  readonly actions: Actions
}
type Given = Readonly<Record<string, { readonly value: unknown }>>

const { definition, parameters } = only<{ definition: Definition; parameters: Given }>(
  'Microsoft.Logic/workflows',
).properties
const scopes = scopesOf(definition.actions)
const actions = scopes.flatMap((scope) => Object.entries(scope))

describe('the definition of the healer', () => {
  it('is of the version that its keys are from', () => {
    expect(definition.$schema).toMatch(/Microsoft\.Logic\/schemas\/2016-06-01\/workflowdefinition\.json#$/)
    expect(definition.contentVersion).toMatch(/^\d+\.\d+\.\d+\.\d+$/)
  })

  it('stays within the limits of the service', () => {
    expect(actions.length).toBeLessThanOrEqual(500)
    expect(depthOf(definition.actions)).toBeLessThanOrEqual(8)
    expect(Object.keys(definition.parameters).length).toBeLessThanOrEqual(50)
    for (const [name] of actions) expect(name).toMatch(/^\w{1,80}$/)
    for (const [expression] of JSON.stringify(definition).matchAll(/"@[^"]*"/g)) {
      expect(expression.length).toBeLessThanOrEqual(8192)
    }
  })

  it('has one name for one action, wherever it is nested', () => {
    const names = actions.map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('runs each action after neighbours that exist, and nothing after itself', () => {
    for (const scope of scopes) {
      for (const [name, action] of Object.entries(scope)) {
        for (const [before, statuses] of Object.entries(action.runAfter ?? {})) {
          expect(Object.keys(scope), `${name} runs after ${before}`).toContain(before)
          expect(['Succeeded', 'Failed', 'Skipped', 'TimedOut']).toEqual(expect.arrayContaining([...statuses]))
        }
        expect(ancestorsOf(scope, name)).not.toContain(name)
      }
    }
  })

  it('is given each of its parameters, of the type that it declares', () => {
    expect(Object.keys(parameters).sort()).toEqual(Object.keys(definition.parameters).sort())
    for (const [name, { type }] of Object.entries(definition.parameters)) {
      expect(typeof parameters[name]?.value, name).toBe(type === 'Int' || type === 'Float' ? 'number' : 'string')
    }
  })

  it('starts with an HTTP request and answers it at once: a run that is waited for is called again', () => {
    expect(Object.values(definition.triggers)).toMatchObject([{ type: 'Request', kind: 'Http' }])
    expect(actions.map(([, { type }]) => type)).not.toContain('Response')
  })

  it('changes something in one place only, and does not repeat it', () => {
    const changing = actions.filter(([, { type, inputs }]) => type === 'Http' && methodOf(inputs) !== 'GET')
    expect(changing.map(([name]) => name)).toEqual(['Swap'])
    expect(changing[0]?.[1].inputs).toMatchObject({ method: 'POST', retryPolicy: { type: 'none' } })
  })

  it('hides every request that carries a token, and its answer', () => {
    const signed = actions.filter(
      ([, { inputs }]) => typeof inputs === 'object' && ('authentication' in inputs || 'headers' in inputs),
    )
    expect(signed.length).toBeGreaterThan(0)
    for (const [name, { runtimeConfiguration }] of signed) {
      expect(runtimeConfiguration?.secureData?.properties, name).toEqual(['inputs', 'outputs'])
    }
  })

  it('has a reason with every end that is a failure', () => {
    const ends = actions.filter(([, { type }]) => type === 'Terminate').map(([, { inputs }]) => inputs)
    for (const end of ends) {
      expect([
        { runStatus: 'Succeeded' },
        { runStatus: 'Failed', runError: { code: expect.stringMatching(/^\w+$/), message: expect.any(String) } },
      ]).toContainEqual(end)
    }
  })
})

function scopesOf(scope: Actions): Actions[] {
  const nested = Object.values(scope).flatMap((action) => [action.actions ?? {}, action.else?.actions ?? {}])
  return [scope, ...nested.filter((inner) => Object.keys(inner).length > 0).flatMap(scopesOf)]
}

function depthOf(scope: Actions): number {
  const nested = Object.values(scope).flatMap(({ actions: inner, else: other }) => [inner ?? {}, other?.actions ?? {}])
  return Object.keys(scope).length === 0 ? 0 : 1 + Math.max(0, ...nested.map(depthOf))
}

/** Every action that must end before this one; stops at a circle, which then names the action itself. */
function ancestorsOf(scope: Actions, name: string): Set<string> {
  const found = new Set<string>()
  const waiting = Object.keys(scope[name]?.runAfter ?? {})
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue
    found.add(next)
    waiting.push(...Object.keys(scope[next]?.runAfter ?? {}))
  }
  return found
}

function methodOf(inputs: Action['inputs']): unknown {
  return typeof inputs === 'object' ? inputs['method'] : undefined
}
