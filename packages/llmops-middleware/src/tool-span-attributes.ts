import { type Attributes, type Context, createContextKey } from '@opentelemetry/api'

const KEY = createContextKey('llmops-middleware attributes of the span of the next tool call')

/** Adds attributes to the span of the next tool call, for code around it that creates no span. */
export function withToolAttributes(around: Context, attributes: Attributes): Context {
  return around.setValue(KEY, attributes)
}

/** Returns these attributes, and a context without them for calls inside the tool. */
export function takeToolAttributes(around: Context): { readonly inside: Context; readonly attributes?: Attributes } {
  const attributes = around.getValue(KEY) as Attributes | undefined
  return attributes ? { inside: around.deleteValue(KEY), attributes } : { inside: around }
}
