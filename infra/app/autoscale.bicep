param planName string

@description('Never fewer instances than this.')
param instanceCount int

@description('Never more instances than this.')
param maxInstanceCount int

param location string
param tags object

resource plan 'Microsoft.Web/serverfarms@2024-11-01' existing = {
  name: planName
}

// One more when any of these is above its limit for five minutes, one fewer when all are far below for ten: an agent waits
// for its model most of the time, so what fills up first may be its memory.
var limits = [
  { metric: 'CpuPercentage', above: 70, below: 30 }
  { metric: 'MemoryPercentage', above: 80, below: 60 }
]

resource autoscale 'Microsoft.Insights/autoscaleSettings@2022-10-01' = {
  name: 'autoscale-${planName}'
  location: location
  tags: tags
  properties: {
    enabled: true
    targetResourceUri: plan.id
    profiles: [
      {
        name: 'load'
        capacity: {
          minimum: string(instanceCount)
          maximum: string(maxInstanceCount)
          // Where the metrics cannot be had.
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
