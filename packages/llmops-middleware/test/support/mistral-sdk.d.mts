type ChatRequest = { readonly model: string; readonly messages: readonly object[]; readonly maxTokens?: number }
type Choice = { readonly message?: { readonly content?: unknown }; readonly delta: { readonly content?: string } }

export class HTTPClient {
  constructor(options: { fetcher: typeof fetch })
}

export class Mistral {
  constructor(options: { apiKey: string; serverURL: string; httpClient: HTTPClient })
  readonly chat: {
    complete(request: ChatRequest): Promise<{ readonly choices: readonly Choice[] }>
    stream(request: ChatRequest): Promise<AsyncIterable<{ readonly data: { readonly choices: readonly Choice[] } }>>
  }
  readonly fim: {
    complete(request: {
      model: string
      prompt: string
      suffix: string
    }): Promise<{ readonly choices: readonly Choice[] }>
  }
}
