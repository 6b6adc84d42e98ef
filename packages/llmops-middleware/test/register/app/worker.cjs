const { parentPort } = require('node:worker_threads')

const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] })
fetch(`${process.env.PROVIDER}/v1/chat/completions`, { method: 'POST', body }).then(({ status }) =>
  parentPort.postMessage({ status }),
)
