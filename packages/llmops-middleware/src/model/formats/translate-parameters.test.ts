import { describe, expect, it } from 'vitest'
import { translateChat, translateMessages, translateResponses } from './translate-parameters.ts'

type Body = Readonly<Record<string, unknown>>

describe('parameters of chat completions', () => {
  it.each<[string, Body, Body]>([
    ['o3', { max_tokens: 9, user: 'a' }, { max_completion_tokens: 9, user: 'a' }],
    ['o3', { max_tokens: 9, max_completion_tokens: 8 }, { max_tokens: 9, max_completion_tokens: 8 }],
    ['o3', {}, {}],
    ['gpt-4o', { max_tokens: 9 }, { max_tokens: 9 }],
    ['gpt-4o', { reasoning_effort: 'none', verbosity: 'medium' }, {}],
    ['gpt-5', { reasoning_effort: 'medium', verbosity: 'low' }, { reasoning_effort: 'medium', verbosity: 'low' }],
    ['gpt-5-pro', { reasoning_effort: 'high' }, { reasoning_effort: 'high' }],
    ['gpt-5.1', { reasoning_effort: 'none', temperature: 0 }, { reasoning_effort: 'none', temperature: 0 }],
    ['gpt-5.1-codex-max', { reasoning_effort: 'xhigh' }, { reasoning_effort: 'xhigh' }],
    ['gpt-6', { reasoning_effort: 'none' }, { reasoning_effort: 'none' }],
    // The names of others, whatever theirs have in them.
    ...['my-gpt-4o', 'pro1', 'xo1-mini', 'a-gpt-5-pro', 'a-gpt-5', 'a-gpt-5.1', 'a-gpt-5.4', 'gpt-50'].map(
      (model): [string, Body, Body] => [
        model,
        { reasoning_effort: 'odd', temperature: 0, parallel_tool_calls: true },
        { reasoning_effort: 'odd', temperature: 0, parallel_tool_calls: true },
      ],
    ),
  ])('for %s: %j are %j', (model, body, expected) => {
    const translation = translateChat(body, model)
    expect(translation).toStrictEqual({ body: expected })
  })

  it.each<[string, Body, string]>([
    ['gpt-4o', { reasoning_effort: 'low' }, 'reasoning_effort: low'],
    ['gpt-4o', { verbosity: 'high' }, 'verbosity: high'],
    ['chatgpt-4o-latest', { reasoning_effort: 'low' }, 'reasoning_effort: low'],
    ['gpt-3.5-turbo', { reasoning_effort: 'low' }, 'reasoning_effort: low'],
    ['gpt-5-chat-latest', { reasoning_effort: 'minimal' }, 'reasoning_effort: minimal'],
    ['gpt-5.12-chat', { reasoning_effort: 'low' }, 'reasoning_effort: low'],
    ['o1-mini', { reasoning_effort: 'none' }, 'reasoning_effort: none'],
    ['o1-mini', { reasoning_effort: 'low' }, 'reasoning_effort: low'],
    ['o1-preview', { temperature: 0.5 }, 'temperature'],
    ['o1-mini', { parallel_tool_calls: true }, 'parallel_tool_calls'],
    ['o4-mini', { verbosity: 'low' }, 'verbosity: low'],
    ['o4-mini', { frequency_penalty: 1 }, 'frequency_penalty'],
    ['gpt-5-pro', { reasoning_effort: 'medium' }, 'reasoning_effort: medium'],
    ['gpt-5-pro', { temperature: 0 }, 'temperature'],
    ['gpt-5-pro', { reasoning_effort: 'none' }, 'reasoning_effort: none'],
    ['gpt-5', { reasoning_effort: 'none' }, 'reasoning_effort: none'],
    ['gpt-5', { presence_penalty: 0.1 }, 'presence_penalty'],
    ['gpt-5.1', { reasoning_effort: 'xhigh' }, 'reasoning_effort: xhigh'],
    ['gpt-5.1', { reasoning_effort: 'low', top_p: 0.1 }, 'top_p'],
    ['gpt-5.4', { reasoning_effort: 'minimal' }, 'reasoning_effort: minimal'],
    ['gpt-6', { reasoning_effort: 'low', temperature: 0 }, 'temperature'],
  ])('%s refuses of %j %s', (model, body, refused) => {
    expect(translateChat(body, model)).toStrictEqual({ refused })
  })
})

describe('parameters of the Responses API', () => {
  it.each<[string, Body, Body]>([
    ['llama', { reasoning: { effort: 'odd' } }, { reasoning: { effort: 'odd' } }],
    ['gpt-5', { reasoning: { effort: 'low', summary: 'auto' } }, { reasoning: { effort: 'low', summary: 'auto' } }],
    ['gpt-4o', { reasoning: { effort: 'none' }, user: 'a' }, { user: 'a' }],
    ['gpt-4o', { reasoning: null, text: null, user: 'a' }, { text: null, user: 'a' }],
  ])('for %s: %j are %j', (model, body, expected) => {
    expect(translateResponses(body, model)).toStrictEqual({ body: expected })
  })

  it.each<[string, Body, string]>([
    ['gpt-4o', { reasoning: { effort: 'low' } }, 'reasoning_effort: low'],
    ['gpt-4o', { reasoning: { summary: 'auto' } }, 'reasoning'],
    ['gpt-4o', { text: { verbosity: 'low' } }, 'verbosity: low'],
  ])('%s refuses of %j %s', (model, body, refused) => {
    expect(translateResponses(body, model)).toStrictEqual({ refused })
  })
})

describe("parameters of Anthropic's Messages", () => {
  const budget = { thinking: { type: 'enabled', budget_tokens: 2000 } }
  const adaptive = { thinking: { type: 'adaptive' } }
  const effort = (effort: string) => ({ output_config: { effort } })

  it.each<[string, Body]>([
    ['claude-next', { ...budget, ...effort('odd'), temperature: 0 }],
    ['llama', { ...adaptive, ...effort('odd'), top_k: 1 }],
    ['claude-3-7-sonnet-20250219', budget],
    ['claude-sonnet-4-20250514', budget],
    ['claude-opus-4-6', budget],
    ['claude-opus-4-6', adaptive],
    ['claude-haiku-5', adaptive],
    ['claude-sonnet-5', adaptive],
    ['claude-opus-4-5', effort('low')],
    ['claude-opus-4-5-20251101', effort('medium')],
    ['claude-opus-4-6', effort('max')],
    ['claude-opus-4-7', effort('xhigh')],
    ['claude-opus-4-7', { temperature: 1 }],
    ['claude-haiku-4-5', { thinking: null, output_config: null, temperature: 0, top_p: 0.5, top_k: 5 }],
  ])('for %s: %j stay', (model, body) => {
    expect(translateMessages(body, model)).toStrictEqual({ body })
  })

  it('leave out the effort `none`, with the object around it', () => {
    expect(translateMessages({ ...effort('high'), user: 'a' }, 'claude-haiku-4-5')).toStrictEqual({
      body: { user: 'a' },
    })
  })

  it.each<[string, Body, string]>([
    ['claude-3-5-haiku-20241022', budget, 'thinking.budget_tokens'],
    ['claude-opus-4-7', budget, 'thinking.budget_tokens'],
    ['claude-haiku-4-5', adaptive, 'thinking: adaptive'],
    ['claude-haiku-4-6', adaptive, 'thinking: adaptive'],
    ['claude-sonnet-4-5', adaptive, 'thinking: adaptive'],
    ['claude-sonnet-4-5', effort('low'), 'effort: low'],
    ['claude-opus-4-1', effort('low'), 'effort: low'],
    ['claude-opus-4-5', effort('max'), 'effort: max'],
    ['claude-opus-4-6', effort('xhigh'), 'effort: xhigh'],
    ['claude-haiku-4-5', effort('low'), 'effort: low'],
    ['claude-opus-4-7', { temperature: 0 }, 'temperature'],
    ['claude-sonnet-5', { top_p: 0.5 }, 'top_p'],
    ['claude-sonnet-5', { top_k: 5 }, 'top_k'],
  ])('%s refuses of %j %s', (model, body, refused) => {
    expect(translateMessages(body, model)).toStrictEqual({ refused })
  })
})
