import { PDFDocument } from 'pdf-lib'
import { describe, expect, it } from 'vitest'
import { createLlmOps } from '../index.ts'
import { BudgetBreaker } from './index.ts'

type Usage = { readonly input: number; readonly output: number; readonly searches?: number; readonly model?: string }

const answerOf = ({ input, output, searches = 0, model = 'gpt-4.1' }: Usage) => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model,
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
  output: Array.from({ length: searches }, () => ({ type: 'web_search_call', action: { type: 'search' } })),
  usage: { prompt_tokens: input, completion_tokens: output, input_tokens: input, output_tokens: output },
})

/** What is held for the last of these requests while it runs, and what is spent on it, by what the provider bills. */
async function heldAndSpent(path: string, bodies: readonly object[], usages: readonly Usage[]) {
  let heldUsd = 0
  let asked = 0
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 1000 },
    fetch: async () => {
      heldUsd = (await ops.budget.read('contoso')).heldUsd
      return Response.json(answerOf(usages[asked++]!))
    },
  })
  const post = async (body: object) => {
    const before = (await ops.budget.read('contoso')).spentUsd
    const response = await ops.fetch(`http://127.0.0.1:1${path}`, { method: 'POST', body: JSON.stringify(body) })
    await response.text()
    return (await ops.budget.read('contoso')).spentUsd - before
  }
  let spentUsd = 0
  for (const body of bodies) spentUsd = await post(body)
  return { heldUsd, spentUsd }
}

const CHAT = '/v1/chat/completions'
const RESPONSES = '/v1/responses'
const CONTEXT = 1_047_576
const hello = { model: 'gpt-4.1', messages: [{ role: 'user', content: 'Hello' }] }
const search = { model: 'gpt-4.1', input: 'Hello', max_output_tokens: 100, tools: [{ type: 'web_search' }] }
const talk = { model: 'gpt-4.1', input: 'Hello', max_output_tokens: 100, conversation: 'conv_1' }

async function withPage() {
  const document = await PDFDocument.create()
  document.addPage([300, 400])
  const file = { type: 'file', file: { file_data: `data:application/pdf;base64,${await document.saveAsBase64()}` } }
  return { ...hello, max_completion_tokens: 10, messages: [{ role: 'user', content: [file] }] }
}

describe('each place where the bound is not one is named, with what is held there', () => {
  const explained = new BudgetBreaker({ limitUsd: 1 }).explainGuarantee()

  it.each<[RegExp, string, () => Promise<readonly object[]>, Usage, Usage]>([
    [
      /beyond the documented maximum of a model can exceed the limit/,
      CHAT,
      async () => [hello],
      { input: 9, output: 32_768 },
      { input: 9, output: 40_000 },
    ],
    [
      /3,000 tokens of text, which a page with more text exceeds/,
      CHAT,
      async () => [await withPage()],
      { input: 1_445 + 3_000, output: 10 },
      { input: 20_000, output: 10 },
    ],
    [
      /what others add meanwhile to a conversation/,
      RESPONSES,
      async () => [talk, talk],
      { input: 1_000, output: 100 },
      { input: 50_000, output: 100 },
    ],
    [
      /a context more for each time that a provider reads it again within one call/,
      RESPONSES,
      async () => [search],
      { input: CONTEXT, output: 100 },
      { input: 2 * CONTEXT, output: 100 },
    ],
    [
      /searches above 10 for each tool/,
      RESPONSES,
      async () => [search],
      { input: CONTEXT, output: 100, searches: 10 },
      { input: CONTEXT, output: 100, searches: 11 },
    ],
    [
      /the price of a dearer model that answers unasked/,
      CHAT,
      async () => [{ ...hello, max_completion_tokens: 10 }],
      { input: 20, output: 10 },
      { input: 20, output: 10, model: 'gpt-4' },
    ],
  ])('%s', async (sentence, path, bodies, within, beyond) => {
    expect(explained).toMatch(sentence)
    const asked = await bodies()
    const before: Usage[] = asked.slice(1).map(() => ({ input: 900, output: 100 }))
    const kept = await heldAndSpent(path, asked, [...before, within])
    expect(kept.spentUsd).toBeLessThanOrEqual(kept.heldUsd)
    const passed = await heldAndSpent(path, asked, [...before, beyond])
    expect(passed.spentUsd).toBeGreaterThan(passed.heldUsd)
  })

  it('says what is written into a request without a cap', () => {
    expect(explained).toMatch(/no room for 11 calls of 4,096 tokens, it gets a cap of 4,096/)
    const own = new BudgetBreaker({ limitUsd: 1, defaultMaxOutputTokens: 700 }).explainGuarantee()
    expect(own).toMatch(/gets a cap of 700 tokens for each answer/)
    expect(own).not.toMatch(/documented/)
  })
})
