/**
 * The documented paths for POST requests, as of 26 November 2026, except those of the wire formats. A path starts at the
 * root of its API; `*` is one segment, `*:verb` a segment that ends with the verb, `**` any number of segments.
 *
 * - `free`: the request itself is not billed, so it passes.
 * - `billed`: the request costs money that no format can price, or its price is not documented. It is refused on model
 *   hosts; an application that lets it pass can count it with `budget.charge()`.
 *
 * Sources: the resources of the openai and Anthropic SDKs, ai.google.dev/api, cloud.google.com/vertex-ai/docs/reference,
 * docs.mistral.ai/api, docs.cohere.com/reference, docs.ollama.com/api, openrouter.ai/docs/api-reference,
 * ai-sdk.dev/providers/ai-sdk-providers/ai-gateway.
 */
export type EndpointTable = { readonly free: readonly string[]; readonly billed: readonly string[] }

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const openai: EndpointTable = {
  free: words(`
    agents agents/* agents/sessions/* agents/automations/* agents/automations/*/pause
    agents/environments/templates agents/environments/templates/* agents/environments/*/files
    assistants assistants/*
    audio/voices audio/voice_consents audio/voice_consents/*
    batches/*/cancel
    chat/completions/*
    chatkit/sessions/*/cancel
    containers/*/files
    conversations conversations/* conversations/*/items
    evals evals/* evals/*/runs/*/cancel
    files
    fine_tuning/alpha/graders/validate fine_tuning/checkpoints/*/permissions
    fine_tuning/jobs/*/cancel fine_tuning/jobs/*/pause
    live/sessions/*/hangup live/sessions/*/refer live/sessions/*/reject
    moderations
    organization/**
    projects/*/roles projects/*/roles/* projects/*/users/*/roles projects/*/groups/*/roles
    realtime/calls/*/hangup realtime/calls/*/refer realtime/calls/*/reject
    responses/*/cancel responses/input_tokens
    skills skills/**
    threads threads/* threads/*/messages threads/*/messages/* threads/*/runs/* threads/*/runs/*/cancel
    uploads uploads/**
    vaults vaults/**
    vector_stores vector_stores/**
    webhook_endpoints webhook_endpoints/**
  `),
  billed: words(`
    agents/automations agents/automations/*/invocations agents/automations/*/resume
    agents/environments agents/sessions agents/sessions/*/events
    batches
    chatkit/sessions
    containers
    content_provenance_checks
    decisions
    edits
    evals/*/runs
    fine_tuning/alpha/graders/run fine_tuning/jobs fine_tuning/jobs/*/resume
    live/sessions live/sessions/*/accept live/sessions/*/fork
    realtime/calls realtime/calls/*/accept realtime/client_secrets realtime/sessions
    realtime/transcription_sessions realtime/translations/client_secrets
    threads/runs threads/*/runs threads/*/runs/*/submit_tool_outputs
    videos videos/**
  `),
}

/** Azure's own endpoints, besides those of OpenAI, which it serves under `/openai/v1` and `/openai`. */
const azure: EndpointTable = {
  free: words('files/import deployments/*/files'),
  billed: words(`
    deployments/*/batches deployments/*/extensions/** batch/jobs
    video/generations/jobs images/generations:submit
  `),
}

const anthropic: EndpointTable = {
  free: words(`
    agents agents/* agents/*/archive
    deployments/* deployments/*/archive deployments/*/pause
    dreams/*/archive dreams/*/cancel
    environments environments/**
    files
    memory_stores memory_stores/**
    messages/batches/*/cancel messages/count_tokens
    organizations/**
    sessions/* sessions/*/archive sessions/*/resources sessions/*/resources/* sessions/*/threads/*/archive
    skills skills/**
    tunnels tunnels/**
    user_profiles user_profiles/**
    vaults vaults/**
  `),
  billed: words(`
    complete
    deployments deployments/*/run deployments/*/unpause
    dreams
    messages/batches
    sessions sessions/*/events
  `),
}

// Those of AI Studio. On Vertex the same paths follow `projects/*/locations/*/publishers/*`.
const google: EndpointTable = {
  free: words(`
    **/*:countTokens **/*:computeTokens **/*:fetchPredictOperation **/*:cancel **/*:transferOwnership
    files files:register corpora corpora/** fileSearchStores
    **/operations/*:wait **/permissions
  `),
  billed: words(`
    **/*:batchGenerateContent **/*:asyncBatchEmbedContent **/*:batchEmbedText **/*:generateAnswer **/*:generateText
    **/*:generateMessage **/*:embedContent **/*:batchEmbedContents **/*:predict **/*:predictLongRunning **/*:rawPredict **/*:streamRawPredict
    **/*:serverStreamingPredict **/*:bidiGenerateContent **/*:uploadToFileSearchStore **/*:importFile
    cachedContents **/cachedContents tunedModels interactions auth_tokens
    **/batchPredictionJobs **/tuningJobs **/customJobs **/reasoningEngines/*:query **/reasoningEngines/*:streamQuery
  `),
}

const mistral: EndpointTable = {
  free: words(`
    agents agents/* batch/jobs/*/cancel files libraries libraries/** fine_tuning/jobs/*/cancel
    fine_tuning/models/*/archive
  `),
  billed: words(`
    agents/completions batch/jobs chat/classifications chat/moderations classifications
    conversations conversations/* conversations/*/restart fine_tuning/jobs fine_tuning/jobs/*/start ocr
  `),
}

const cohere: EndpointTable = {
  free: words('tokenize detokenize check-api-key datasets connectors connectors/** embed-jobs/*/cancel'),
  billed: words('chat classify embed embed-jobs generate rerank summarize finetuning/**'),
}

const ollama: EndpointTable = {
  free: words('blobs/* copy create pull push show me signout'),
  billed: words('chat generate embed web_search web_fetch'),
}

const openrouter: EndpointTable = {
  free: words('keys keys/** auth/keys auth/keys/code guardrails guardrails/** presets presets/*'),
  billed: words('credits/coinbase rerank videos videos/**'),
}

/** Vercel's AI Gateway, under `/v1/ai`, `/v3/ai` and later versions. */
const vercel: EndpointTable = {
  free: words('ai/video-model/status'),
  billed: words(`
    ai/batch/** ai/decision-model ai/embedding-model ai/image-model ai/reranking-model ai/speech-model
    ai/transcription-model ai/video-model ai/video-model/start ai/realtime-model
  `),
}

const bedrock: EndpointTable = {
  free: words('model/*/count-tokens'),
  billed: words(`
    model/*/converse model/*/converse-stream model/*/invoke model/*/invoke-with-response-stream async-invoke
    guardrail/**
  `),
}

export const ENDPOINT_TABLES = {
  openai,
  azure,
  anthropic,
  google,
  mistral,
  cohere,
  ollama,
  openrouter,
  vercel,
  bedrock,
} as const satisfies Readonly<Record<string, EndpointTable>>

export type EndpointProvider = keyof typeof ENDPOINT_TABLES
