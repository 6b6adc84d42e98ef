// What the compiler lets pass about alerts, action groups and roles, although the healer would not run.
import { describe, expect, it } from 'vitest'
import {
  type ActionGroup,
  type AlertRule,
  ofType,
  only,
  type QueryRule,
  type Role,
  type RoleAssignment,
  resources,
  type Workflow,
} from '../committed-snapshot.ts'

const rules = ofType<AlertRule>('Microsoft.Insights/metricAlerts')
const groups = ofType<ActionGroup>('Microsoft.Insights/actionGroups')
const workflow = only<Workflow>('Microsoft.Logic/workflows')
const site = only('Microsoft.Web/sites')

// learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-metric-alert-rule
const frequencies = ['PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H']
const windows = [...frequencies, 'PT6H', 'PT12H', 'P1D']
const operators = ['GreaterThan', 'GreaterThanOrEqual', 'LessThan', 'LessThanOrEqual', 'Equals']

// learn.microsoft.com/azure/azure-monitor/reference/metrics-index: what can be asked of the metrics that exist.
const metrics: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.Web/sites Http5xx': ['Total'],
  'Microsoft.Web/sites HealthCheckStatus': ['Average'],
  'Microsoft.Logic/workflows RunsFailed': ['Total'],
  // The agent's own histograms: sum and count arrive, hence their mean.
  'azure.applicationinsights agent.task.outcome': ['Average', 'Count'],
  'azure.applicationinsights agent.task.cost': ['Average', 'Count'],
  'azure.applicationinsights agent.tool.outcome': ['Average', 'Count'],
}

/** A metric's namespace is its resource's type, save that custom metrics have one of their own. */
const namespaces: Readonly<Record<string, string>> = { 'Microsoft.Insights/components': 'azure.applicationinsights' }

// learn.microsoft.com/azure/role-based-access-control/permissions/web-and-mobile#microsoftweb
const webActions = [
  'Microsoft.Web/sites/read',
  'Microsoft.Web/sites/slots/read',
  'Microsoft.Web/sites/slotsswap/action',
  'Microsoft.Web/sites/operationresults/read',
  'Microsoft.Web/sites/slots/slotsswap/action',
  'Microsoft.Web/sites/slots/operationresults/read',
]

describe.each(rules)('the alert rule $name', ({ properties }) => {
  const { criteria, scopes, evaluationFrequency, windowSize, actions } = properties
  const target = resources.find(({ id }) => id === scopes[0])

  it('has a frequency and a window that Azure accepts', () => {
    expect(frequencies).toContain(evaluationFrequency)
    expect(windows).toContain(windowSize)
  })

  it('asks metrics that exist, in a way in which they can be asked', () => {
    for (const { metricNamespace, metricName, timeAggregation, operator } of criteria.allOf) {
      expect(metrics[`${metricNamespace} ${metricName}`]).toContain(timeAggregation)
      expect(operators).toContain(operator)
      expect(metricNamespace).toBe(namespaces[target?.type ?? ''] ?? target?.type)
    }
  })

  it('can be deployed before the agent has sent its own metrics', () => {
    for (const { metricNamespace, skipMetricValidation } of criteria.allOf) {
      expect(skipMetricValidation).toBe(metricNamespace === 'azure.applicationinsights')
    }
  })

  it('asks for a sample wherever it looks at a mean of tasks or tool calls', () => {
    const aggregations = criteria.allOf.filter(({ metricName }) => metricName.startsWith('agent.'))
    if (aggregations.length === 0) return
    expect(aggregations.map(({ timeAggregation }) => timeAggregation)).toEqual(['Average', 'Count'])
  })

  it('watches one resource, which is not on staging', () => {
    expect(scopes).toHaveLength(1)
    expect(target?.name).not.toContain('staging')
  })

  it('calls an action group that exists', () => {
    expect(actions).not.toHaveLength(0)
    for (const { actionGroupId } of actions) expect(groups.map(({ id }) => id)).toContain(actionGroupId)
  })
})

it('the rule that notices silence counts what the agent sends unasked, and calls people, not the healer', () => {
  const { properties } = only<QueryRule>('Microsoft.Insights/scheduledQueryRules')
  const people = groups.find((group) => group.properties.logicAppReceivers === undefined)
  expect(properties.actions.actionGroups).toEqual([people?.id])
  expect(properties.criteria.allOf).toMatchObject([
    {
      query: "customMetrics | where name == 'agent.heartbeat'",
      timeAggregation: 'Count',
      operator: 'LessThan',
      threshold: 1,
    },
  ])
  // Else it could not be deployed before the agent has sent anything.
  expect(properties.skipQueryValidation).toBe(true)
})

describe('the action groups', () => {
  it('call the healer through its own trigger, with the common alert schema', () => {
    const receivers = groups.flatMap(({ properties }) => properties.logicAppReceivers ?? [])
    const [trigger] = Object.keys(workflow.properties.definition.triggers)
    expect(receivers).toHaveLength(1)
    expect(receivers[0]).toMatchObject({ resourceId: workflow.id, useCommonAlertSchema: true })
    expect(receivers[0]?.callbackUrl).toContain(`${workflow.id}/triggers/${trigger}'`)
  })

  it('have short names of at most twelve characters', () => {
    for (const { properties } of groups) expect(properties.groupShortName.length).toBeLessThanOrEqual(12)
  })
})

describe('the roles', () => {
  const assignments = ofType<RoleAssignment>('Microsoft.Authorization/roleAssignments')
  const definitions = ofType<Role>('Microsoft.Authorization/roleDefinitions')

  it('have no wildcard, only actions that exist', () => {
    const actions = definitions.flatMap(({ properties }) => properties.permissions.flatMap((each) => each.actions))
    expect(webActions).toEqual(expect.arrayContaining(actions))
  })

  it('and their assignments have different GUIDs for names', () => {
    const names = [...assignments, ...definitions].map(({ name }) => name)
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(new Set(names).size).toBe(names.length)
  })

  it('reach from the healer to the one site and no further', () => {
    const ofHealer = assignments.filter(({ properties }) => properties.principalId.includes(workflow.id))
    expect(ofHealer).toHaveLength(1)
    expect(ofHealer[0]?.id.startsWith(`${site.id}/providers/Microsoft.Authorization/`)).toBe(true)
    expect(definitions.map(({ id }) => id)).toContain(ofHealer[0]?.properties.roleDefinitionId)
  })
})
