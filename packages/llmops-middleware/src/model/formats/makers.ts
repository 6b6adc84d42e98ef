/** The APIs of those who serve their own models alone; Azure and gateways serve many makers'. */
const MAKERS: ReadonlyMap<string, string> = new Map([
  ['api.openai.com', 'openai'],
  ['eu.api.openai.com', 'openai'],
  ['us.api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'google'],
  ['api.mistral.ai', 'mistral'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'x-ai'],
])

export function makerAt(url: URL): string | undefined {
  return MAKERS.get(url.hostname)
}
