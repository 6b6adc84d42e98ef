import { z } from 'zod'
import { InvalidRequestError } from './invalid-request-error.ts'

const MAX_PROMPT_CHARACTERS = 20_000
const MAX_MESSAGES = 100

const content = z.string().trim().min(1).max(MAX_PROMPT_CHARACTERS)
const message = z.strictObject({ role: z.enum(['user', 'assistant']), content })
const body = z.strictObject({
  prompt: content.optional(),
  messages: z.array(message).min(1).max(MAX_MESSAGES).optional(),
  stream: z.boolean().optional(),
  tenant: z
    .string()
    .regex(/^[\w.@-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, dashes or @')
    .optional(),
})

export type ChatMessage = z.infer<typeof message>

export type ChatRequest = {
  readonly messages: readonly ChatMessage[]
  readonly stream: boolean
  /** The tenant that the caller claims to be; `whoPays` decides whether the claim counts. */
  readonly tenant: string | undefined
}

/** @throws InvalidRequestError naming the field and what is accepted. */
export function parseChatRequest(value: unknown): ChatRequest {
  if (value === undefined) throw new InvalidRequestError('body', 'is missing; send JSON as application/json')
  const parsed = body.safeParse(value)
  if (!parsed.success) throw explain(parsed.error)
  const { prompt, messages, stream = false, tenant } = parsed.data
  if ((prompt === undefined) === (messages === undefined)) {
    throw new InvalidRequestError('prompt', 'or `messages` is required, but not both')
  }
  if (messages && messages.at(-1)!.role !== 'user') {
    throw new InvalidRequestError(`messages[${messages.length - 1}].role`, "must be 'user' in the last message")
  }
  return { messages: messages ?? [{ role: 'user', content: prompt! }], stream, tenant }
}

function explain(error: z.ZodError): InvalidRequestError {
  const issue = error.issues[0]!
  if (issue.code === 'unrecognized_keys') {
    return new InvalidRequestError(
      [...issue.path, issue.keys[0]].join('.'),
      'is not known; accepted are prompt, messages, stream and tenant',
    )
  }
  const path = issue.path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text && `${text}.`}${String(part)}`),
    '',
  )
  return new InvalidRequestError(path || 'body', `cannot be used: ${issue.message}`)
}
