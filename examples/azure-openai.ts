// AZURE_OPENAI_ENDPOINT=https://NAME.openai.azure.com AZURE_OPENAI_DEPLOYMENT=NAME AZURE_OPENAI_MODEL=gpt-5.4-mini node azure-openai.ts
// Azure OpenAI without a key: a managed identity on Azure, `az login` at home. The price is by model, so each deployment needs its model.
import { DefaultAzureCredential, getBearerTokenProvider } from '@azure/identity'
import { createLlmOps } from 'llmops-middleware'
import { AzureOpenAI } from 'openai'

const deployment = process.env.AZURE_OPENAI_DEPLOYMENT ?? 'support-prod'

const ops = createLlmOps({
  budget: { limitUsd: 50, period: 'month' },
  rateCard: { deployments: { [deployment]: process.env.AZURE_OPENAI_MODEL ?? 'gpt-5.4-mini' } },
})
const openai = new AzureOpenAI({
  azureADTokenProvider: getBearerTokenProvider(
    new DefaultAzureCredential(),
    'https://cognitiveservices.azure.com/.default',
  ),
  apiVersion: process.env.OPENAI_API_VERSION ?? '2025-04-01-preview',
  fetch: ops.fetch,
})

const answer = await ops.task({ tenant: 'contoso', deadlineMs: 60_000 }, () =>
  openai.chat.completions.create({
    model: deployment,
    messages: [{ role: 'user', content: 'What is a deployment slot, in one sentence?' }],
  }),
)
console.log(answer.choices[0]?.message.content)
console.log(await ops.budget.read('contoso'))
await ops.close()
