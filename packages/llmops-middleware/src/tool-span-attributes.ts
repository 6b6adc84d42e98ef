import { type Attributes, type Context, createContextKey } from '@opentelemetry/api'

const KEY = createContextKey('llmops-middleware attributes of the span of the next tool call')

/** Has the span of the tool call that is begun next carry these too: what is around it makes no span of its own. */
export function withToolAttributes(around: Context, attributes: Attributes): Context {
  return around.setValue(KEY, attributes)
}

/** Those, and the context for what the tool itself calls. */
export function takeToolAttributes(around: Context): { readonly inside: Context; readonly attributes?: Attributes } {
  const attributes = around.getValue(KEY) as Attributes | undefined
  return attributes ? { inside: around.deleteValue(KEY), attributes } : { inside: around }
}
