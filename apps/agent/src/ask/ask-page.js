// Runs in the browser, and calls /chat as any client does.

const SUGGESTIONS = [
  'What is your return policy?',
  'Where is my order ORD-1006?',
  'Convert 214.90 USD to EUR at the rate of 2026-11-20',
  'How long does shipping take?',
  'My tent from ORD-1002 has a torn zip. Please open a ticket.',
]

const byId = (id) => document.getElementById(id)
const money = { style: 'currency', currency: 'USD' }
const dollars = new Intl.NumberFormat('en', money)
const fractions = new Intl.NumberFormat('en', { ...money, maximumSignificantDigits: 3 })
const usd = (amount) => (amount >= 1 || amount === 0 ? dollars : fractions).format(amount)
const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`

/** Creates an element. HTML is never parsed, so text of a model or a tenant cannot become markup. */
function element(tag, { text, className, title } = {}, children = []) {
  const node = document.createElement(tag)
  if (text !== undefined) node.textContent = text
  if (className) node.className = className
  if (title) node.title = title
  node.append(...children)
  return node
}

async function ask(event) {
  event.preventDefault()
  byId('send').disabled = true
  byId('answer').className = 'answer'
  byId('answer').textContent = ''
  byId('answer-note').textContent = 'thinking'
  byId('tools-used').replaceChildren()
  try {
    await converse()
  } catch (error) {
    showProblem({ title: 'No answer', detail: String(error.message ?? error) })
  } finally {
    byId('send').disabled = false
  }
}

async function converse() {
  const key = byId('key').value
  const response = await fetch('/chat', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ prompt: byId('prompt').value, stream: true }),
  })
  if (!response.ok) return showProblem(await response.json())
  let rest = ''
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split('\n\n')
    rest = events.pop()
    for (const lines of events) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/s.exec(lines) ?? []
      if (name) handlers[name]?.(JSON.parse(data))
    }
  }
}

const handlers = {
  delta: ({ text }) => byId('answer').append(text),
  tool: ({ tool, status }) =>
    byId('tools-used').append(element('span', { className: `chip ${status}`, text: `${tool}: ${status}` })),
  done: ({ answer, outcome, model, costUsd, usage, repairs }) => {
    byId('answer').textContent = answer
    const verdict = outcome.status === 'completed' ? 'completed' : `failed: ${outcome.reason}`
    const facts = [verdict, model, usd(costUsd), `${usage.inputTokens + usage.outputTokens} tokens`]
    if (repairs) facts.push(plural(repairs, 'repair'))
    byId('answer-note').textContent = facts.join(' · ')
  },
  error: showProblem,
}

function showProblem({ title, detail, taskId }) {
  byId('answer').className = 'answer bad'
  byId('answer').textContent = `${title}. ${detail ?? ''}`
  byId('answer-note').textContent = taskId ? `task ${taskId}` : ''
}

byId('ask-form').addEventListener('submit', ask)
byId('prompt').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey) byId('ask-form').requestSubmit()
  if (event.key === 'Enter' && !event.shiftKey) event.preventDefault()
})
for (const suggestion of SUGGESTIONS) {
  const button = element('button', { text: suggestion })
  button.type = 'button'
  button.addEventListener('click', () => {
    byId('prompt').value = suggestion
    byId('ask-form').requestSubmit()
  })
  byId('suggestions').append(button)
}
