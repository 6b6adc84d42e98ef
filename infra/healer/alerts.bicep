param siteName string
param workflowName string
param productionInsightsName string

@description('What slo.yaml holds the agent to.')
param objectives object

param location string
param tags object

var owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource workflow 'Microsoft.Logic/workflows@2019-05-01' existing = {
  name: workflowName

  resource trigger 'triggers' existing = {
    name: 'alert'
  }
}

resource productionInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: productionInsightsName
}

resource heal 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-heal-${siteName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'heal'
    enabled: true
    logicAppReceivers: [
      {
        name: 'healer'
        resourceId: workflow.id
        // Carries a signature: it stays inline and never becomes an output.
        callbackUrl: workflow::trigger.listCallbackUrl().value
        useCommonAlertSchema: true
      }
    ]
  }
}

resource call 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-call-${siteName}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'call'
    enabled: true
    // Whoever owns the subscription, so that nobody is asked for an address that will be out of date.
    armRoleReceivers: [{ name: 'owners', roleId: owner, useCommonAlertSchema: true }]
  }
}

// Platform metrics of the site, and the agent's own, which reach its Application Insights as histograms: the mean of one
// that is 1 or 0 is a ratio, its count is the size of the sample. A metric alert can neither divide two metrics nor look
// at a dimension of a custom one.
var siteMetrics = 'Microsoft.Web/sites'
var customMetrics = 'azure.applicationinsights'
var workflowMetrics = 'Microsoft.Logic/workflows'

// What a release may be undone for.
var incidents = [
  {
    name: 'http5xx'
    description: 'Production answered more than 5 requests with a server error within the window.'
    severity: 1
    scope: site.id
    criteria: [
      { metric: 'Http5xx', namespace: siteMetrics, aggregation: 'Total', operator: 'GreaterThan', threshold: 5 }
    ]
  }
  {
    name: 'unhealthy'
    description: 'Production has not answered its health check for most of the window, with or without traffic.'
    severity: 1
    scope: site.id
    criteria: [
      {
        metric: 'HealthCheckStatus'
        namespace: siteMetrics
        aggregation: 'Average'
        operator: 'LessThan'
        threshold: 50
      }
    ]
  }
  {
    name: 'task-success'
    description: 'The share of tasks that succeeded was below ${objectives.undoBelowSuccess} within the window, whatever their HTTP status said.'
    severity: 1
    scope: productionInsights.id
    criteria: [
      {
        metric: 'agent.task.outcome'
        namespace: customMetrics
        aggregation: 'Average'
        operator: 'LessThan'
        threshold: objectives.undoBelowSuccess
      }
      {
        metric: 'agent.task.outcome'
        namespace: customMetrics
        aggregation: 'Count'
        operator: 'GreaterThanOrEqual'
        threshold: objectives.smallestSample
      }
    ]
  }
  {
    name: 'tool-success'
    description: 'The share of tool calls that were answered, by the tool itself or by its fallback, was below ${objectives.undoBelowSuccess} within the window.'
    severity: 2
    scope: productionInsights.id
    criteria: [
      {
        metric: 'agent.tool.outcome'
        namespace: customMetrics
        aggregation: 'Average'
        operator: 'LessThan'
        threshold: objectives.undoBelowSuccess
      }
      {
        metric: 'agent.tool.outcome'
        namespace: customMetrics
        aggregation: 'Count'
        operator: 'GreaterThanOrEqual'
        threshold: objectives.smallestSample
      }
    ]
  }
  {
    name: 'task-cost'
    description: 'A task cost more than ${objectives.costPerTaskUsd} USD in the mean of the window.'
    severity: 2
    scope: productionInsights.id
    criteria: [
      {
        metric: 'agent.task.cost'
        namespace: customMetrics
        aggregation: 'Average'
        operator: 'GreaterThan'
        threshold: objectives.costPerTaskUsd
      }
      {
        metric: 'agent.task.cost'
        namespace: customMetrics
        aggregation: 'Count'
        operator: 'GreaterThanOrEqual'
        threshold: objectives.smallestSample
      }
    ]
  }
]

// Level by evidence: the healer is called every minute for as long as the condition holds, and finds out each time whether
// what it is about is in production now. A stateful rule is silent from its first alert until it resolves, whatever is
// promoted meanwhile.
var healing = map(incidents, rule => union(rule, { window: 'PT5M', isStateful: false, group: heal.id }))

// An agent that nobody asks has a task of its own a minute once it has run for a quarter of an hour: never a sample in five
// minutes. What is a mean of its own metrics is looked at for longer, too.
var healingQuiet = map(
  filter(incidents, rule => rule.criteria[0].namespace == customMetrics),
  rule => union(rule, { name: '${rule.name}-quiet', window: 'PT15M', isStateful: false, group: heal.id })
)

// People have rules of their own, which look longer and call once, whether a promotion has armed the healer or not.
var calling = map(
  incidents,
  rule =>
    union(rule, {
      name: '${rule.name}-people'
      criteria: map(
        rule.criteria,
        // One dead of two is a mean of 50, with which the healer has nothing to do.
        criterion => criterion.metric == 'HealthCheckStatus' ? union(criterion, { threshold: 90 }) : criterion
      )
      window: 'PT15M'
      isStateful: true
      group: call.id
    })
)

var failedRun = {
  name: 'healer-failed'
  description: 'The healer could not or must not heal; the reason is the error of its last run.'
  severity: 0
  scope: workflow.id
  window: 'PT5M'
  isStateful: true
  group: call.id
  criteria: [
    { metric: 'RunsFailed', namespace: workflowMetrics, aggregation: 'Total', operator: 'GreaterThan', threshold: 0 }
  ]
}

var rules = concat(healing, healingQuiet, calling, [failedRun])

resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${siteName}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [rule.scope]
      evaluationFrequency: 'PT1M'
      windowSize: rule.window
      // A stateful rule fires once, and resolves after three good checks.
      autoMitigate: rule.isStateful
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          for (criterion, index) in rule.criteria: {
            criterionType: 'StaticThresholdCriterion'
            name: 'criterion-${index}'
            metricNamespace: criterion.namespace
            metricName: criterion.metric
            timeAggregation: criterion.aggregation
            operator: criterion.operator
            threshold: criterion.threshold
            // A custom metric exists only once the agent has sent it, which is after this deployment.
            skipMetricValidation: criterion.namespace == customMetrics
          }
        ]
      }
      actions: [{ actionGroupId: rule.group }]
    }
  }
]

// A metric alert is not evaluated without data, so no rule above sees that nothing arrives: Application Insights is down,
// the daily cap is reached, the identity may not send. A query that finds no row has found something. Three times in turn,
// because the rules are there before the first package is.
resource blind 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-blind-${siteName}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    description: 'No telemetry of production arrives: the rules on tasks, tools and cost see nothing.'
    severity: 1
    enabled: true
    scopes: [productionInsights.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    // The table has no such rows before the agent runs.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'customMetrics | where name == \'agent.heartbeat\''
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 3, minFailingPeriodsToAlert: 3 }
        }
      ]
    }
    actions: { actionGroups: [call.id] }
  }
}
