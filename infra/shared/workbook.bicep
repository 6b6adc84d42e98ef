param displayName string
param productionInsightsName string
param location string
param tags object

resource productionInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: productionInsightsName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(productionInsights.id, 'agent-slos')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: displayName
    // The queries name no resource: they use the component that the workbook belongs to.
    sourceId: productionInsights.id
    version: 'Notebook/1.0'
    serializedData: loadTextContent('../../observability/workbook.json')
  }
}
