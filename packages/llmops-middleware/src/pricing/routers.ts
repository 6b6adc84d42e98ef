import { picosPerToken } from './rates.ts'

/**
 * Names that stand for whichever model their service chooses: of OpenRouter (openrouter.ai/docs, auto router, and
 * switchpoint/router) and of Azure's Foundry (learn.microsoft.com, model router).
 */
const ROUTERS = /^(openrouter\/(auto|fusion)|switchpoint\/router|(azure(_ai)?\/)?(azure-)?model[-_]router)(-|:|$)/

/**
 * What Azure's router asks for each token of input, besides the model that it chose: $0.14 a million since November 2025
 * (azure.microsoft.com/pricing, model router). OpenRouter's asks nothing.
 */
export const AZURE_ROUTING = picosPerToken(0.14)

export function isRouter(model: string): boolean {
  return ROUTERS.test(model)
}
