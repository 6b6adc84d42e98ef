const { PROVIDER } = process.env
const baseURL = `${PROVIDER}/v1`
const apiKey = 'any'
const prompt = 'Hello, how are you?'
const messages = [{ role: 'user', content: prompt }]
const model = 'gpt-4o-mini'
const max_tokens = 200

/**
 * One call of each SDK, each made as its documentation says, none given a `fetch`. Returns what the model said.
 *
 * @param load imports or requires a package.
 */
exports.sdkCalls = async (load) => {
  const { OpenAI, AzureOpenAI } = await load('openai')
  const openai = new OpenAI({ baseURL, apiKey })
  const askOpenai = {
    async openai() {
      return (await openai.chat.completions.create({ model, messages, max_tokens })).choices[0].message.content
    },
  }
  // The others take seconds to load.
  if (process.env.SDKS !== 'all') return askOpenai
  const { Anthropic } = await load('@anthropic-ai/sdk')
  const { Groq } = await load('groq-sdk')
  const { Agent, run, setDefaultOpenAIClient } = await load('@openai/agents')
  const { generateText, streamText } = await load('ai')
  const { createOpenAI } = await load('@ai-sdk/openai')
  const { createAnthropic } = await load('@ai-sdk/anthropic')
  const { createMistral } = await load('@ai-sdk/mistral')
  const { createOpenAICompatible } = await load('@ai-sdk/openai-compatible')
  const { ChatOpenAI } = await load('@langchain/openai')
  const { StateGraph, MessagesAnnotation } = await load('@langchain/langgraph')
  const { GoogleGenAI } = await load('@google/genai')
  const { Mistral } = await load('@mistralai/mistralai')

  setDefaultOpenAIClient(openai)
  const azure = new AzureOpenAI({ endpoint: PROVIDER, apiKey, apiVersion: '2024-10-21', deployment: model })
  const anthropic = new Anthropic({ baseURL: PROVIDER, apiKey })
  const groq = new Groq({ baseURL: PROVIDER, apiKey })
  const langChain = new ChatOpenAI({ model, apiKey, maxTokens: max_tokens, configuration: { baseURL } })
  const google = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: PROVIDER } })
  const mistral = new Mistral({ apiKey, serverURL: PROVIDER })
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('ask', async (state) => ({ messages: [await langChain.invoke(state.messages)] }))
    .addEdge('__start__', 'ask')
    .compile()
  const byAiSdk = (model) => async () => (await generateText({ model, prompt, maxOutputTokens: max_tokens })).text

  return {
    ...askOpenai,
    async 'openai-stream'() {
      let text = ''
      for await (const { choices } of await openai.chat.completions.create({
        model,
        messages,
        max_tokens,
        stream: true,
      }))
        text += choices[0]?.delta.content ?? ''
      return text
    },
    async 'openai-responses'() {
      return (await openai.responses.create({ model, input: prompt, max_output_tokens: max_tokens })).output_text
    },
    async azure() {
      return (await azure.chat.completions.create({ model, messages, max_tokens })).choices[0].message.content
    },
    async anthropic() {
      return (await anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens, messages })).content[0].text
    },
    async groq() {
      const request = { model: 'llama-3.1-8b-instant', messages, max_tokens }
      return (await groq.chat.completions.create(request)).choices[0].message.content
    },
    async 'openai-agents'() {
      const settings = { maxTokens: max_tokens }
      return (await run(new Agent({ name: 'guide', model, modelSettings: settings }), prompt)).finalOutput
    },
    'ai-sdk-openai': byAiSdk(createOpenAI({ baseURL, apiKey }).chat(model)),
    'ai-sdk-anthropic': byAiSdk(createAnthropic({ baseURL, apiKey })('claude-haiku-4-5')),
    'ai-sdk-mistral': byAiSdk(createMistral({ baseURL, apiKey })('mistral-small-latest')),
    'ai-sdk-compatible': byAiSdk(createOpenAICompatible({ name: 'own', baseURL, apiKey })(model)),
    async 'ai-sdk-stream'() {
      return await streamText({ model: createOpenAI({ baseURL, apiKey }).chat(model), prompt, onError() {} }).text
    },
    async langchain() {
      return (await langChain.invoke(prompt)).content
    },
    async langgraph() {
      return (await graph.invoke({ messages })).messages.at(-1).content
    },
    async google() {
      const config = { maxOutputTokens: max_tokens }
      return (await google.models.generateContent({ model: 'gemini-2.5-flash', contents: prompt, config })).text
    },
    async mistral() {
      const request = { model: 'mistral-small-latest', messages, maxTokens: max_tokens }
      return (await mistral.chat.complete(request)).choices[0].message.content
    },
  }
}
