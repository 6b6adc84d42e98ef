import { readFile } from 'node:fs/promises'
import * as gpt4o from 'gpt-tokenizer/model/gpt-4o'
import { createLlmOps } from 'llmops-middleware'
import type { BenchRow } from './row.ts'

export const title = 'What is held for the input of a call, over what it counts: by its bytes, and with `countTokens`'

/** A request as agents send it, and its tokens as counted by a tokenizer of another project. */
type Case = {
  readonly name: string
  readonly path: string
  readonly body: object
  readonly trueTokens: number
  /** An earlier request, to whose answer this one refers. */
  readonly before?: { readonly body: object; readonly inputTokens: number; readonly outputTokens: number }
}

const count = (text: string) => gpt4o.countTokens(text)

export async function run(): Promise<BenchRow[]> {
  const cases = await casesOf()
  const rows: BenchRow[] = []
  const totals = { bytes: 0, counted: 0, true: 0 }
  for (const each of cases) {
    const bytes = await heldFor(each)
    const counted = await heldFor(each, count)
    rows.push(row(`${each.name}, by bytes`, bytes, each.trueTokens))
    rows.push(row(`${each.name}, with countTokens`, counted, each.trueTokens))
    totals.bytes += bytes
    totals.counted += counted
    totals.true += each.trueTokens
  }
  return [
    ...rows,
    { ...row('all of them, by bytes', totals.bytes, totals.true), bound: 'at most 5' },
    { ...row('all of them, with countTokens', totals.counted, totals.true), bound: 'at most 1.1' },
    ...(await wholeHolds()),
  ]
}

function row(name: string, held: number, trueTokens: number): BenchRow {
  return { name, value: `${held} tokens`, baseline: `${trueTokens}`, ratio: held / trueTokens }
}

/** Through a layer that sees what the budget would hold. */
async function heldFor({ path, body, before }: Case, countTokens?: (text: string) => number): Promise<number> {
  const held: number[] = []
  const answer = () => Response.json(answerOf(before?.inputTokens ?? 1, before?.outputTokens ?? 1))
  const ops = createLlmOps({
    defaultTenant: 'bench',
    fetch: async () => answer(),
    ...(countTokens ? { countTokens } : {}),
    layers: {
      model: [
        (call, next) => {
          held.push(call.inputTokens)
          return next(call)
        },
      ],
    },
  })
  const post = async (body: object) => {
    const init = { method: 'POST', body: JSON.stringify(body) }
    await (await ops.fetch(`http://127.0.0.1:1${path}`, init)).text()
  }
  if (before) await post(before.body)
  await post(body)
  await ops.close()
  return held.at(-1)!
}

const answerOf = (inputTokens: number, outputTokens: number) => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model: 'gpt-4o',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
  output: [],
  usage: {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    input_tokens: inputTokens,
    output_tokens: outputTokens,
  },
})

type Message = { readonly role: string; readonly content: string | null; readonly tool_calls?: readonly ToolCall[] }
type ToolCall = { readonly function: { readonly name: string; readonly arguments: string } }

/** 3 tokens around a message and 3 before the answer (cookbook.openai.com, how to count tokens with tiktoken). */
function chatTokens(messages: readonly Message[]): number {
  const each = ({ role, content, tool_calls: calls = [] }: Message) =>
    3 + count(role) + count(content ?? '') + sum(calls.map(({ function: f }) => 3 + count(f.name) + count(f.arguments)))
  return 3 + sum(messages.map(each))
}

type Tool = { readonly function: { readonly name: string; readonly description: string; readonly parameters: object } }

/** As gpt-tokenizer counts functions, by a formula that was found by experiment. */
function toolTokens(tools: readonly Tool[]): number {
  const messages = [{ role: 'user', content: 'x' }] as const
  const functions = tools.map((tool) => tool.function) as never
  const with_ = gpt4o.countChatCompletionTokens!({ messages, functions } as never)
  return with_ - gpt4o.countChatCompletionTokens!({ messages } as never)
}

async function casesOf(): Promise<Case[]> {
  const guide = await readFile(new URL('../docs/budget.md', import.meta.url), 'utf8')
  const source = await readFile(new URL('../packages/llmops-middleware/src/budget/budget.ts', import.meta.url), 'utf8')
  const path = '/v1/chat/completions'
  const system = { role: 'system', content: `You answer questions about a budget.\n\n${guide}` }
  const asked = {
    role: 'user',
    content: 'Which calls wait for the holds of others, and how long? Say it in two lines.',
  }

  const turns: Message[] = [system, asked]
  for (const [index, name] of ['search_documents', 'read_file', 'run_query', 'read_file'].entries()) {
    const call = {
      name,
      arguments: JSON.stringify({ path: `docs/part-${index}.md`, query: 'holds of other calls', limit: 20 }),
    }
    turns.push({ role: 'assistant', content: null, tool_calls: [{ function: call }] })
    turns.push({
      role: 'tool',
      content: JSON.stringify({ rows: source.slice(index * 900, index * 900 + 900).split('\n') }),
    })
  }
  const withIds = turns.map((message, index) => ({
    ...message,
    ...(message.tool_calls
      ? { tool_calls: message.tool_calls.map((call) => ({ id: `call_${index}`, type: 'function', ...call })) }
      : {}),
    ...(message.role === 'tool' ? { tool_call_id: `call_${index - 1}` } : {}),
  }))

  const png = `data:image/png;base64,${pngOf(1024, 1024)}`
  const look = { role: 'user', content: 'What is wrong on this screenshot of the dashboard?' }
  const lookTokens = chatTokens([{ role: 'system', content: guide.slice(0, 2000) }, look])
  const responses = '/v1/responses'
  const first = { model: 'gpt-4o', instructions: system.content, input: asked.content }
  const firstTokens = chatTokens([system, asked])

  return [
    {
      name: 'an agent with five tools in its fifth turn',
      path,
      body: { model: 'gpt-4o', messages: withIds, tools: TOOLS },
      trueTokens: chatTokens(turns) + toolTokens(TOOLS),
    },
    {
      name: 'a long prompt that is mostly cached',
      path,
      body: { model: 'gpt-4o', messages: [system, asked] },
      trueTokens: firstTokens,
    },
    {
      name: 'a question with a screenshot',
      path,
      body: {
        model: 'gpt-4o',
        messages: [
          { role: 'system', content: guide.slice(0, 2000) },
          {
            role: 'user',
            content: [
              { type: 'text', text: look.content },
              { type: 'image_url', image_url: { url: png } },
            ],
          },
        ],
      },
      trueTokens: lookTokens + 765,
    },
    {
      name: 'the next turn of a stored response',
      path: responses,
      before: { body: first, inputTokens: firstTokens, outputTokens: 120 },
      body: { model: 'gpt-4o', input: 'And if the ledger is away meanwhile?', previous_response_id: 'resp_1' },
      trueTokens: firstTokens + 120 + chatTokens([{ role: 'user', content: 'And if the ledger is away meanwhile?' }]),
    },
  ]
}

/** A whole hold by what stands for its cap, of gpt-4o at $10 a million. */
async function wholeHolds(): Promise<BenchRow[]> {
  const answerTokens = 340
  const caps: readonly (readonly [string, object, number])[] = [
    ['with a cap of 400 tokens', { max_completion_tokens: 400 }, 50],
    ['with a cap of 4,096 tokens', { max_completion_tokens: 4096 }, 50],
    ['without a cap, on $50', {}, 50],
    ['without a cap, on $0.50', {}, 0.5],
  ]
  const rows: BenchRow[] = []
  for (const [name, cap, limitUsd] of caps) {
    let heldUsd = 0
    const ops = createLlmOps({
      defaultTenant: 'bench',
      budget: { limitUsd },
      fetch: async () => {
        heldUsd = (await ops.budget.read('bench')).heldUsd
        return Response.json(answerOf(250, answerTokens))
      },
    })
    const messages = [{ role: 'user', content: 'word '.repeat(200) }]
    const init = { method: 'POST', body: JSON.stringify({ model: 'gpt-4o', messages, ...cap }) }
    await (await ops.fetch('http://127.0.0.1:1/v1/chat/completions', init)).text()
    const trueUsd = (250 * 2.5 + answerTokens * 10) / 1e6
    rows.push({
      name: `the whole hold ${name}`,
      value: `$${heldUsd.toFixed(5)}`,
      baseline: `$${trueUsd.toFixed(5)}`,
      ratio: heldUsd / trueUsd,
    })
    await ops.close()
  }
  return rows
}

const TOOLS = [
  tool('search_documents', 'Searches the documentation and returns the passages nearest in meaning.', {
    query: { type: 'string', description: 'What to look for, in a few words' },
    limit: { type: 'integer', description: 'How many passages to return, at most 50', minimum: 1, maximum: 50 },
  }),
  tool('read_file', 'Reads a file of the repository.', {
    path: { type: 'string', description: 'The path of the file from the root of the repository' },
    from: { type: 'integer', description: 'The first line to read, counted from 1' },
  }),
  tool('run_query', 'Runs a query on the warehouse and returns its rows.', {
    sql: { type: 'string', description: 'One SELECT statement in the dialect of PostgreSQL' },
    timeout_s: { type: 'number', description: 'Seconds after which it is stopped' },
  }),
  tool('create_ticket', 'Opens a ticket for people to look at.', {
    title: { type: 'string', description: 'One line that says what is wrong' },
    severity: { type: 'string', enum: ['low', 'medium', 'high', 'critical'], description: 'How urgent it is' },
    labels: { type: 'array', items: { type: 'string' }, description: 'Names of the parts that it is about' },
  }),
  tool('send_message', 'Sends a message to a channel.', {
    channel: { type: 'string', description: 'The name of the channel without its sign' },
    text: { type: 'string', description: 'The message in Markdown' },
  }),
]

function tool(name: string, description: string, properties: object) {
  const parameters = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false }
  return { type: 'function', function: { name, description, parameters, strict: true } }
}

/** The header of a picture, and as many bytes as a screenshot has. */
function pngOf(width: number, height: number): string {
  const bytes = Buffer.alloc(180_000, 0x5a)
  bytes.write('\x89PNG\r\n\x1a\n', 0, 'latin1')
  bytes.write('IHDR', 12, 'latin1')
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes.toString('base64')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
