type Body = Readonly<Record<string, unknown>>

/** The text for a tokenizer, and the tokens that are not in any text: between messages and before the answer. */
export type PromptText = { readonly text: string; readonly tokens: number }

/** Fields that models do not read. */
const SETTINGS = new Set(
  `model user stream stream_options store metadata temperature top_p n seed stop max_tokens max_completion_tokens
   max_output_tokens service_tier reasoning reasoning_effort thinking include modalities parallel_tool_calls tool_choice
   prompt_cache_key prompt_cache_retention safety_identifier previous_response_id truncation logprobs top_logprobs
   frequency_penalty presence_penalty logit_bias encoding_format dimensions output_config betas`.split(/\s+/),
)

/** Fields of messages and items with text that models read, and fields without it. */
const TEXTS = new Set('role content text name arguments output refusal function tool_calls summary thinking'.split(' '))
const NO_TEXTS = new Set(
  'type id status index call_id tool_call_id tool_use_id is_error cache_control annotations logprobs'.split(' '),
)

/** `<|start|>role<|message|>…<|end|>`, and the start of the answer (cookbook.openai.com, how to count tokens). */
const TOKENS_AROUND = 4
const TOKENS_BEFORE_ANSWER = 3

/**
 * Returns the text of a request as its model reads it: unescaped, and without the JSON of known structures. Unknown
 * structures stay JSON, which is longer.
 *
 * @param isNoText returns whether a field contains base64
 */
export function promptText(body: Body, isNoText: (holder: object, name: string) => boolean): PromptText {
  const texts: string[] = []
  let tokens = TOKENS_BEFORE_ANSWER

  function write(value: unknown): void {
    if (typeof value === 'string') texts.push(value)
    else if (typeof value === 'number') tokens += 1
    else if (Array.isArray(value)) for (const each of value) write(each)
    else if (typeof value === 'object' && value !== null) writeObject(value as Body)
  }

  function writeObject(value: Body): void {
    const names = Object.keys(value)
    if (names.some((name) => !TEXTS.has(name) && !NO_TEXTS.has(name))) {
      texts.push(jsonOf(value))
      return
    }
    tokens += TOKENS_AROUND
    for (const name of names) if (TEXTS.has(name) && !isNoText(value, name)) write(value[name])
  }

  function jsonOf(value: unknown): string {
    return JSON.stringify(value, function (this: object, name, value) {
      return isNoText(this, name) ? undefined : value
    })
  }

  for (const [name, value] of Object.entries(body)) {
    if (SETTINGS.has(name)) continue
    if (name === 'tools' || name === 'functions') texts.push(toolsText(value))
    else write(value)
    // Instructions, or input that is only text, count as a message.
    if (typeof value === 'string') tokens += TOKENS_AROUND
  }
  return { text: texts.join('\n'), tokens }
}

/** Models read definitions as JSON or in a shorter form. They do not read `strict` and `$schema`. */
function toolsText(tools: unknown): string {
  return JSON.stringify(tools, (name, value) => (name === 'strict' || name === '$schema' ? undefined : value))
}
