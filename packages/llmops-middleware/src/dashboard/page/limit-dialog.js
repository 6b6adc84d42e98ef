// Changes the limit of a tenant, or of one of its scopes, with the admin token.

import { ApiError, getJson, hasToken, request, useToken } from './api.js'
import { byId, h, setText } from './dom.js'
import { percent, short, usd } from './format.js'

const dialog = byId('limit-dialog')

export function openLimitDialog(row, service, onChanged) {
  let account = row
  const state = h('p', { className: 'quiet' })
  const message = h('p', { className: 'message', role: 'alert' })
  const scope = h('select', { id: 'limit-scope' }, h('option', { value: '', text: 'the tenant itself' }))
  for (const one of service.scopes) scope.append(h('option', { value: one, text: one }))
  const id = h('input', { id: 'limit-id', autocomplete: 'off', placeholder: 'which one', 'aria-label': 'Which one' })
  const limit = h('input', { id: 'limit-usd', inputmode: 'decimal', autocomplete: 'off', required: true })
  const lasts = h('input', { id: 'limit-always', type: 'checkbox' })
  const token = h('input', { id: 'limit-token', type: 'password', autocomplete: 'off', required: true })
  const isScope = () => scope.value !== ''

  const show = () => {
    const { spentUsd, limitUsd, share } = account
    const of = limitUsd === null ? 'no limit' : `${usd(limitUsd)} (${percent(share)})`
    setText(state, `Spent in this period: ${usd(spentUsd)} of ${of}.`)
    limit.value = limitUsd ?? ''
  }
  const look = async () => {
    id.hidden = !isScope()
    if (!isScope()) account = row
    else if (id.value === '') return setText(state, `Which ${scope.value}?`)
    else account = await getJson('api/account', { tenant: row.tenant, scope: scope.value, id: id.value })
    show()
  }
  const said = (action) => async () => {
    setText(message, '')
    try {
      await action()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        useToken(undefined)
        tokenField.hidden = false
        token.required = true
      }
      setText(message, error.message)
    }
  }
  const change = (limitUsd) =>
    said(async () => {
      if (!hasToken()) useToken(token.value)
      const named = { tenant: row.tenant, ...(isScope() && { scope: scope.value, id: id.value }) }
      const body = { limitUsd, lasts: lasts.checked ? 'always' : 'period' }
      await request(`admin/budget?${new URLSearchParams(named)}`, { method: 'PUT', body })
      dialog.close()
      onChanged()
    })()

  const tokenField = field('Admin token', token, 'Stays in the memory of this page.')
  tokenField.hidden = hasToken()
  token.required = !hasToken()
  const form = h(
    'form',
    { method: 'dialog' },
    h('h2', { id: 'limit-title' }, 'Limit of ', h('bdi', { className: 'name', text: short(row.tenant) })),
    service.scopes.length > 0 ? h('div', { className: 'limit-form' }, field('Whose limit', scope), id) : undefined,
    state,
    field('New limit in US dollars', limit),
    h('label', { className: 'check' }, lasts, ' For good, not only until this period ends'),
    tokenField,
    message,
    h(
      'div',
      { className: 'limit-form' },
      h('button', { type: 'submit', className: 'primary', text: 'Set limit' }),
      h('button', {
        type: 'button',
        text: 'Back to the configured limit',
        on: { click: () => token.reportValidity() && change(null) },
      }),
      h('button', { type: 'button', text: 'Cancel', on: { click: () => dialog.close() } }),
    ),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const amount = Number(limit.value.trim().replace(/^\$/, '').replaceAll(',', ''))
    if (limit.value.trim() === '' || !Number.isFinite(amount) || amount < 0) {
      setText(message, 'A limit is a number of dollars from 0 up, such as 12.50.')
      return
    }
    change(amount)
  })
  scope.addEventListener('change', said(look))
  id.addEventListener('change', said(look))
  id.hidden = true
  show()
  dialog.replaceChildren(form)
  dialog.showModal()
  limit.select()
}

function field(label, input, note) {
  return h(
    'label',
    { className: 'field' },
    h('span', { text: label }),
    input,
    note && h('span', { className: 'small quiet', text: note }),
  )
}
