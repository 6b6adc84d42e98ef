/**
 * Names that stand for whichever model their service chooses: of OpenRouter (openrouter.ai/docs, auto router, and
 * switchpoint/router) and of Azure's Foundry (learn.microsoft.com, model router).
 */
const ROUTERS = /^(openrouter\/(auto|fusion)|switchpoint\/router|model-router)(-|:|$)/

export function isRouter(model: string): boolean {
  return ROUTERS.test(model)
}
