const { createServer } = require('node:http')
const { sdkCalls } = require('./sdk-calls.cjs')

const { PROVIDER } = process.env

/** The ways past the global fetch, and things that an app does beside asking models. */
const OTHER = (load) => ({
  /** What an ordinary request to somebody else brings. */
  async plain() {
    const response = await fetch(`${PROVIDER}/echo`, { method: 'POST', body: 'hello', headers: { 'x-own': 'kept' } })
    return { status: response.status, url: response.url, ...(await response.json()) }
  },
  async nothing() {
    return {}
  },
  async axios() {
    const { default: axios } = await load('axios')
    return (await axios.post(`${PROVIDER}/v1/chat/completions`, CHAT)).data
  },
  async undici() {
    const { fetch } = await load('undici')
    return (await fetch(`${PROVIDER}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(CHAT) })).json()
  },
  async replaced() {
    const before = globalThis.fetch
    globalThis.fetch = (...given) => before(...given)
    return {}
  },
  /** Two calls of one request, one after the other and at once. */
  async three() {
    const ask = () => fetch(`${PROVIDER}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(CHAT) })
    await (await ask()).json()
    await Promise.all([ask(), ask()].map(async (response) => (await response).json()))
    return {}
  },
  async cohere() {
    const response = await fetch('https://api.cohere.com/v2/chat', { method: 'POST', body: '{"model":"command-a"}' })
    return { status: response.status, ...(await response.json()) }
  },
  async worker() {
    const { Worker } = await load('node:worker_threads')
    const worker = new Worker(require.resolve('./worker.cjs'))
    return new Promise((resolve) => worker.once('message', resolve))
  },
  /** An app that governs itself too. */
  async own() {
    const { createLlmOps } = await import('llmops-middleware')
    globalThis.own ??= createLlmOps({
      budget: { limitUsd: 1 },
      defaultTenant: 'own',
      fetch: (...given) => fetch(...given),
    })
    await (
      await globalThis.own.fetch(`${PROVIDER}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(CHAT) })
    ).json()
    return globalThis.own.budget.read('own')
  },
})

const CHAT = { model: 'gpt-4o-mini', max_tokens: 200, messages: [{ role: 'user', content: 'Hello' }] }

exports.serve = async (load) => {
  const calls = { ...(await sdkCalls(load)), ...OTHER(load) }
  const server = createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await calls[request.url.slice(1)]()))
    } catch (error) {
      response.statusCode = 502
      response.end(JSON.stringify({ status: statusOf(error), message: String(error) }))
    }
  })
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, calls: Object.keys(calls) }))
  process.once('disconnect', () => {
    server.closeAllConnections()
    server.close()
  })
}

/** Each SDK has another name for it, and some wrap their error. */
function statusOf(error) {
  if (typeof error !== 'object' || error === null) return undefined
  return error.status ?? error.statusCode ?? error.code ?? statusOf(error.cause)
}
