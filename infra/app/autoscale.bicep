// Deployed in any case, and switched off where nothing is to scale: a deployment does not remove what an earlier one made,
// which would go on scaling.
param planName string

@description('The fewest instances.')
param instanceCount int

@description('The most instances.')
param maxInstanceCount int

param location string
param tags object

resource plan 'Microsoft.Web/serverfarms@2024-11-01' existing = {
  name: planName
}

// Adds an instance if any of these metrics is above its limit for five minutes, and removes one if all are far below for
// ten. Memory is among them, because an agent mostly waits for its model and may need memory before processor time.
var limits = [
  { metric: 'CpuPercentage', above: 70, below: 30 }
  { metric: 'MemoryPercentage', above: 80, below: 60 }
]

resource autoscale 'Microsoft.Insights/autoscaleSettings@2022-10-01' = {
  name: 'autoscale-${planName}'
  location: location
  tags: tags
  properties: {
    enabled: maxInstanceCount > instanceCount
    targetResourceUri: plan.id
    profiles: [
      {
        name: 'load'
        capacity: {
          minimum: string(instanceCount)
          maximum: string(max(instanceCount, maxInstanceCount))
          // Used while no metrics are available.
          default: string(instanceCount)
        }
        rules: concat(
          map(limits, limit => {
            metricTrigger: {
              metricName: limit.metric
              metricResourceUri: plan.id
              timeGrain: 'PT1M'
              statistic: 'Average'
              timeWindow: 'PT5M'
              timeAggregation: 'Average'
              operator: 'GreaterThan'
              threshold: limit.above
            }
            scaleAction: { direction: 'Increase', type: 'ChangeCount', value: '1', cooldown: 'PT5M' }
          }),
          map(limits, limit => {
            metricTrigger: {
              metricName: limit.metric
              metricResourceUri: plan.id
              timeGrain: 'PT1M'
              statistic: 'Average'
              timeWindow: 'PT10M'
              timeAggregation: 'Average'
              operator: 'LessThan'
              threshold: limit.below
            }
            scaleAction: { direction: 'Decrease', type: 'ChangeCount', value: '1', cooldown: 'PT10M' }
          })
        )
      }
    ]
  }
}
