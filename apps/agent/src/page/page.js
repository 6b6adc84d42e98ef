// Lives in the browser: reads /status every second, and talks to /chat as any client does.

const POLL_MS = 1000
const HISTORY = 120
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
const percent = (ratio) => `${(ratio * 100).toFixed(ratio === 1 || ratio === 0 ? 0 : 1)} %`
const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`

/** Elements are built, never parsed: nothing that a model or a tenant says can become markup. */
function element(tag, { text, className, title } = {}, children = []) {
  const node = document.createElement(tag)
  if (text !== undefined) node.textContent = text
  if (className) node.className = className
  if (title) node.title = title
  node.append(...children)
  return node
}

const history = { success: [], cost: [], latency: [], tools: [], repairs: [] }
let previous

function showTile(name, { figure, note, level = '', value }) {
  const tile = byId(`tile-${name}`)
  tile.querySelector('[data-figure]').textContent = figure
  tile.querySelector('[data-figure]').className = `figure ${level}`
  tile.querySelector('[data-note]').textContent = note
  const points = history[name]
  if (value !== undefined) points.push(value)
  if (points.length > HISTORY) points.shift()
  drawSpark(tile.querySelector('[data-spark]'), points, name === 'success' || name === 'tools')
}

/** Ratios are drawn from 0 to 1, so that a small dip looks small; everything else from 0 to its largest. */
function drawSpark(svg, points, isRatio) {
  if (points.length < 2) return
  const top = isRatio ? 1 : Math.max(...points) || 1
  const step = 120 / (HISTORY - 1)
  const start = 120 - (points.length - 1) * step
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline')
  line.setAttribute(
    'points',
    points.map((point, index) => `${start + index * step},${26 - (point / top) * 24}`).join(' '),
  )
  svg.replaceChildren(line)
}

const levelOf = (ratio, warnBelow, badBelow) => (ratio < badBelow ? 'bad' : ratio < warnBelow ? 'warn' : 'good')

function showTiles({ tasks, costUsd, tokens, tools, repairs }) {
  const ended = tasks.completed + tasks.failed
  const success = ended ? tasks.completed / ended : undefined
  const reasons = Object.entries(tasks.failures).map(([reason, count]) => `${count} ${reason}`)
  showTile('success', {
    figure: success === undefined ? '–' : percent(success),
    note: ended ? [`${tasks.completed} of ${ended}`, ...reasons].join(' · ') : 'no tasks yet',
    level: success === undefined ? '' : levelOf(success, 0.98, 0.9),
    value: success,
  })
  showTile('cost', {
    figure: usd(costUsd),
    note: ended ? `${usd(costUsd / ended)} a task · ${tokens.input + tokens.output} tokens` : 'no calls yet',
    value: costUsd,
  })
  const meanS = tasks.latencyCount ? tasks.latencySumS / tasks.latencyCount : undefined
  showTile('latency', {
    figure: meanS === undefined ? '–' : meanS < 1 ? `${Math.round(meanS * 1000)} ms` : `${meanS.toFixed(2)} s`,
    note: 'mean of all tasks',
    value: recentLatency(tasks),
  })
  const calls = tools.reduce((sum, tool) => sum + tool.ok + tool.fallback + tool.error, 0)
  const errors = tools.reduce((sum, tool) => sum + tool.error, 0)
  const fallbacks = tools.reduce((sum, tool) => sum + tool.fallback, 0)
  const toolSuccess = calls ? 1 - errors / calls : undefined
  showTile('tools', {
    figure: toolSuccess === undefined ? '–' : percent(toolSuccess),
    note: calls ? `${plural(calls, 'call')} · ${plural(fallbacks, 'fallback')}` : 'no calls yet',
    level: toolSuccess === undefined ? '' : levelOf(toolSuccess, 0.98, 0.9),
    value: toolSuccess,
  })
  showTile('repairs', { figure: String(repairs), note: 'arguments the model got wrong', value: repairs })
}

/** Of the tasks since the last look, else as before: a mean of everything would hide a bad minute. */
function recentLatency(tasks) {
  const before = previous?.tasks ?? { latencyCount: 0, latencySumS: 0 }
  const count = tasks.latencyCount - before.latencyCount
  return count > 0 ? (tasks.latencySumS - before.latencySumS) / count : history.latency.at(-1)
}

function showIdentity({ instance, slot, release, promptVersion, models, isDraining, running, chaos }) {
  const facts = { instance, slot, release, prompt: promptVersion, model: models.primary, running }
  byId('identity').replaceChildren(
    ...Object.entries(facts).map(([name, value]) =>
      element('div', {}, [element('dt', { text: name }), element('dd', { text: String(value) })]),
    ),
  )
  if (isDraining) setState('draining', 'warn')
  else if (chaos.mode !== 'off') setState('under chaos', 'bad')
  else setState('serving', 'good')
}

function setState(text, level) {
  byId('state').textContent = text
  byId('state').className = `state ${level}`
}

function meter(label, figures, parts, className = '') {
  const bar = element('div', { className: `bar ${className}` })
  for (const { share, level } of parts) {
    const part = element('i', { className: level })
    part.style.width = `${Math.min(1, share) * 100}%`
    bar.append(part)
  }
  const labels = element('div', { className: 'labels' }, [
    element('span', { text: label }),
    element('span', { text: figures }),
  ])
  return element('div', { className: 'meter' }, [labels, bar])
}

function showBudgets(budgets) {
  if (budgets.length === 0) return
  byId('budgets').replaceChildren(
    ...budgets.map(({ tenant, spentUsd, heldUsd, limitUsd, resetsAt }) => {
      const share = spentUsd / limitUsd
      const level = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : ''
      const until = resetsAt ? ` until ${resetsAt.slice(0, 10)}` : ''
      return meter(
        tenant,
        `${usd(spentUsd)} of ${usd(limitUsd)}${until}`,
        [
          { share, level },
          { share: heldUsd / limitUsd, level: 'held' },
        ],
        'budget',
      )
    }),
  )
}

function showTools(tools) {
  if (tools.length === 0) return
  byId('tools').replaceChildren(
    ...tools.map(({ tool, ok, fallback, error }) => {
      const calls = ok + fallback + error
      return meter(tool, `${ok} ok · ${fallback} fallback · ${error} error`, [
        { share: ok / calls, level: '' },
        { share: fallback / calls, level: 'warn' },
        { share: error / calls, level: 'bad' },
      ])
    }),
  )
}

function showChaos({ chaos, chaosInjected }) {
  const isActive = chaos.mode !== 'off'
  byId('chaos-panel').classList.toggle('active', isActive)
  byId('chaos').textContent = isActive ? `${chaos.mode} at ${percent(chaos.probability ?? 1)}` : 'off'
  byId('chaos').className = `figure small ${isActive ? 'bad' : ''}`
  const injected = Object.entries(chaosInjected).map(([mode, count]) => `${count} ${mode}`)
  const ends = isActive && chaos.endsAt ? `ends at ${new Date(chaos.endsAt).toLocaleTimeString()}` : ''
  const facts = [ends, injected.length ? `injected: ${injected.join(', ')}` : ''].filter(Boolean)
  byId('chaos-note').textContent = facts.join(' · ') || 'No fault is injected.'
}

function showRecent(recent) {
  if (recent.length === 0) return
  byId('recent').replaceChildren(
    ...recent.slice(0, 8).map((task) => {
      const outcome = task.reason ?? 'completed'
      const waterfall = element('div', { className: 'waterfall' })
      for (const call of task.calls) {
        const className = `${call.kind} ${call.failed ? 'bad' : ''}`
        const bar = element('span', { className, title: `${call.name}: ${Math.round(call.durationMs)} ms` })
        bar.style.left = `${(call.offsetMs / task.durationMs) * 100}%`
        bar.style.width = `${(call.durationMs / task.durationMs) * 100}%`
        waterfall.append(bar)
      }
      const steps = task.calls.filter((call) => call.kind === 'tool').map((call) => call.name)
      return element('li', { className: 'task', title: task.taskId }, [
        element('span', {
          className: `outcome ${task.reason ? 'bad' : ''}`,
          text: [task.tenant, outcome, ...steps].join(' · '),
        }),
        element('span', { className: 'figures', text: `${Math.round(task.durationMs)} ms · ${usd(task.costUsd)}` }),
        waterfall,
      ])
    }),
  )
}

const token = () => sessionStorage.getItem('admin-token')

async function poll() {
  try {
    const response = await fetch('/status', { headers: token() ? { authorization: `Bearer ${token()}` } : {} })
    byId('token-form').hidden = response.status !== 401
    if (response.status === 401) setState('token needed', 'warn')
    if (!response.ok) return
    const status = await response.json()
    showIdentity(status)
    showTiles(status)
    showBudgets(status.budgets)
    showTools(status.tools)
    showChaos(status)
    showRecent(status.recent)
    previous = status
  } catch {
    setState('unreachable', 'bad')
  }
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
    await poll()
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
byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault()
  sessionStorage.setItem('admin-token', byId('token').value)
  void poll()
})
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

await poll()
// A page in a background tab asks nothing.
setInterval(() => document.visibilityState === 'visible' && poll(), POLL_MS)
