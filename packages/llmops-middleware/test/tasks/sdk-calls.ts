import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { ChatOpenAI } from '@langchain/openai'
import { HTTPClient, Mistral } from '@mistralai/mistralai'
import { Agent, OpenAIProvider, Runner, setTracingDisabled } from '@openai/agents'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'

setTracingDisabled(true)

export type Asking = {
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  readonly signal?: AbortSignal | undefined
}

export type SdkCall = {
  readonly name: string
  /** One question, with the SDK's own retries, as a README shows it. */
  readonly ask: (asking: Asking) => Promise<unknown>
}

const content = 'Hello'
const messages = [{ role: 'user' as const, content }]
const apiKey = 'any'

const chatModel = ({ url, fetch }: Asking) => createOpenAI({ baseURL: `${url}/v1`, apiKey, fetch }).chat('gpt-4o-mini')

const aborted = ({ signal }: Asking) => signal && { abortSignal: signal }

/** Each SDK with its defaults: nothing is told how often to retry. */
export const SDK_CALLS: readonly SdkCall[] = [
  {
    name: 'openai',
    ask: ({ url, fetch, signal }) =>
      new OpenAI({ baseURL: `${url}/v1`, apiKey, fetch }).chat.completions.create(
        { model: 'gpt-4o-mini', messages },
        { signal },
      ),
  },
  {
    name: 'openai, streamed',
    async ask({ url, fetch, signal }) {
      const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey, fetch })
      const request = { model: 'gpt-4o-mini', messages, stream: true } as const
      let text = ''
      for await (const { choices } of await openai.chat.completions.create(request, { signal })) {
        text += choices[0]?.delta.content ?? ''
      }
      return text
    },
  },
  {
    name: 'Anthropic',
    ask: ({ url, fetch, signal }) =>
      new Anthropic({ baseURL: url, apiKey, fetch }).messages.create(
        { model: 'claude-haiku-4-5', max_tokens: 50, messages },
        { signal },
      ),
  },
  {
    name: 'the AI SDK',
    ask: (asking) => generateText({ model: chatModel(asking), prompt: content, ...aborted(asking) }),
  },
  {
    name: 'the AI SDK, streamed',
    async ask(asking) {
      let failure: unknown
      const onError = ({ error }: { error: unknown }) => {
        failure ??= error
      }
      const { textStream } = streamText({
        model: chatModel(asking),
        prompt: content,
        ...aborted(asking),
        onError,
      })
      let text = ''
      for await (const piece of textStream) text += piece
      if (failure !== undefined) throw failure
      return text
    },
  },
  {
    name: 'OpenAI Agents',
    ask({ url, fetch, signal }) {
      const openAIClient = new OpenAI({ baseURL: `${url}/v1`, apiKey, fetch })
      const modelProvider = new OpenAIProvider({ openAIClient, useResponses: false })
      const agent = new Agent({ name: 'guide', model: 'gpt-4o-mini' })
      return new Runner({ modelProvider }).run(agent, content, { ...(signal && { signal }) })
    },
  },
  {
    name: 'LangChain',
    ask: ({ url, fetch, signal }) =>
      new ChatOpenAI({ model: 'gpt-4o-mini', apiKey, configuration: { baseURL: `${url}/v1`, fetch } }).invoke(content, {
        ...(signal && { signal }),
      }),
  },
  {
    name: 'Mistral',
    ask: ({ url, fetch, signal }) =>
      new Mistral({ apiKey, serverURL: url, httpClient: new HTTPClient({ fetcher: fetch }) }).chat.complete(
        { model: 'mistral-small-latest', messages },
        { ...(signal && { fetchOptions: { signal } }) },
      ),
  },
]
