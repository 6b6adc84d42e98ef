import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { ArgumentFiller } from './arguments/argument-filler.ts'
import type { Conversation, JsonSchema, Message } from './conversation.ts'
import { plan } from './plan.ts'

const convert = {
  name: 'convert_currency',
  description: 'Converts an amount of money',
  parameters: {
    type: 'object',
    required: ['amount', 'from', 'to'],
    properties: {
      amount: { type: 'number' },
      from: { type: 'string', enum: ['USD', 'EUR', 'GBP'] },
      to: { type: 'string', enum: ['USD', 'EUR', 'GBP'] },
      date: { type: 'string', format: 'date' },
    },
  },
} as const
const getOrder = {
  name: 'get_order',
  description: 'Reads one order by its number',
  parameters: {
    type: 'object',
    required: ['orderId'],
    properties: { orderId: { type: 'string', pattern: '^ORD-[0-9]{4}$' } },
  },
} as const

const asked = (text: string, over: Partial<Conversation> = {}, after: readonly Message[] = []): Conversation => ({
  model: 'gpt-4o',
  system: '',
  messages: [{ role: 'user', text }, ...after],
  tools: [convert, getOrder],
  toolChoice: 'auto',
  isParallel: true,
  answerSchema: undefined,
  maxOutputTokens: undefined,
  choices: 1,
  mistake: undefined,
  ...over,
})
const QUESTION = 'Convert 1,250.50 dollars to euros as of 2026-11-20'
const RIGHT = '{"amount":1250.5,"from":"USD","to":"EUR","date":"2026-11-20"}'

describe('the plan', () => {
  it('fills numbers, spoken choices in their order and dates from the question', () => {
    expect(plan(asked(QUESTION)).toolCalls).toEqual([{ name: 'convert_currency', arguments: RIGHT }])
  })

  it('calls two tools at once where the question needs both, one at a time where it may not', () => {
    const both = `${QUESTION}, and read my order ORD-1001`
    expect(plan(asked(both)).toolCalls).toHaveLength(2)
    expect(plan(asked(both, { isParallel: false })).toolCalls).toHaveLength(1)
  })

  it('calls nothing with `none`, and the tool that the request names', () => {
    expect(plan(asked(QUESTION, { toolChoice: 'none' })).toolCalls).toHaveLength(0)
    expect(plan(asked(QUESTION, { toolChoice: { name: 'get_order' } })).toolCalls[0]!.name).toBe('get_order')
    expect(plan(asked('Hello', { toolChoice: 'required' })).toolCalls).toHaveLength(1)
  })

  const byExample = {
    ...getOrder,
    parameters: {
      type: 'object',
      required: ['orderId'],
      properties: { orderId: { type: 'string', examples: ['ORD-1001'], description: 'The order number' } },
    },
  } as const

  it('reads an identifier that looks like the example of its schema', () => {
    const { toolCalls } = plan(asked('Where are ord-20177 and my order?', { tools: [convert, byExample] }))
    expect(toolCalls).toEqual([{ name: 'get_order', arguments: '{"orderId":"ord-20177"}' }])
  })

  it.each([getOrder, byExample])('asks for an identifier that the user did not name', (tool) => {
    const { text, toolCalls } = plan(asked('Where is my order?', { tools: [convert, tool] }))
    expect(toolCalls).toEqual([])
    expect(text).toMatch(/^Please tell me (the order number|orderId)\.$/)
  })

  it('calls the tools that it can, and asks for the rest with their results', () => {
    const both = asked(`${QUESTION}, and read my order`)
    const { toolCalls } = plan(both)
    expect(toolCalls.map(({ name }) => name)).toEqual(['convert_currency'])
    const results: Message[] = [
      { role: 'assistant', text: '', toolCalls: [{ id: 'call_1', ...toolCalls[0]! }] },
      { role: 'tool', toolCallId: 'call_1', text: '{"message":"They are 1,100 EUR."}' },
    ]
    expect(plan({ ...both, messages: [...both.messages, ...results] }).text).toBe(
      'They are 1,100 EUR. Please tell me orderId.',
    )
  })

  const refusedWith = (broken: string): Message[] => [
    { role: 'assistant', text: '', toolCalls: [{ id: 'call_1', name: 'convert_currency', arguments: broken }] },
    { role: 'tool', toolCallId: 'call_1', text: '{"error":"Invalid arguments: /amount must be number"}' },
  ]

  it('corrects a call whose arguments a tool refused, once', () => {
    const broken = '{"amount":"1250.5","from":"USD","to":"EUR"}'
    const once = refusedWith(broken)
    expect(plan(asked(QUESTION, {}, once)).toolCalls).toEqual([{ name: 'convert_currency', arguments: RIGHT }])
    const twice = [...once, ...refusedWith(broken)]
    expect(plan(asked(QUESTION, {}, twice)).toolCalls).toHaveLength(0)
  })

  it('does not repeat a refused call that it would make the same way', () => {
    expect(plan(asked(QUESTION, {}, refusedWith(RIGHT))).toolCalls).toHaveLength(0)
  })

  it('makes the mistake that its prompt marks, and does not see the mark', () => {
    const [call] = plan(asked(`${QUESTION} [[mistake:number_as_string]]`)).toolCalls
    expect(JSON.parse(call!.arguments)).toMatchObject({ amount: '1250.5', to: 'EUR' })
  })
})

describe('an answer in a schema', () => {
  const text = 'Mail ann@example.com about 3 blue and red tents before 2026-12-01'
  const address = { type: 'object', required: ['mail'], properties: { mail: { type: 'string', format: 'email' } } }
  const schemas: Record<string, JsonSchema> = {
    references: { type: 'object', required: ['to'], properties: { to: { $ref: '#/$defs/A' } }, $defs: { A: address } },
    itself: { type: 'object', required: ['next'], properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } } },
    alternatives: { type: 'object', required: ['x'], properties: { x: { oneOf: [{ type: 'integer' }, address] } } },
    allOf: { allOf: [address, { required: ['n'], properties: { n: { type: 'integer', minimum: 2 } } }] },
    lists: {
      type: 'object',
      required: ['colours', 'sizes'],
      properties: {
        colours: { type: 'array', items: { enum: ['red', 'green', 'blue'] } },
        sizes: { type: 'array', items: { type: 'integer', exclusiveMinimum: 4 }, minItems: 2 },
      },
    },
    nullables: {
      type: 'object',
      required: ['due', 'note'],
      properties: {
        due: { type: ['string', 'null'], pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
        note: { type: ['string', 'null'] },
      },
    },
    nothing: { type: 'object', properties: {} },
    limits: {
      type: 'object',
      required: ['short', 'long', 'few', 'yes', 'only'],
      properties: {
        short: { type: 'string', maxLength: 5 },
        long: { type: 'string', minLength: 200 },
        few: { type: 'number', maximum: 0.5, minimum: 0 },
        yes: { type: 'boolean' },
        only: { const: 7 },
      },
    },
  }

  it.each(Object.keys(schemas))('fits it: %s', (name) => {
    const schema = schemas[name]!
    // Formats are hints to this model; Ajv checks the rest.
    const fits = new Ajv({ strict: false, validateFormats: false }).compile(schema)
    const answer = new ArgumentFiller(name === 'limits' ? 'Buy tents' : text, { isStrict: true }).fill(schema)
    expect(fits(answer), JSON.stringify([answer, fits.errors])).toBe(true)
  })

  it('holds what the text says', () => {
    expect(new ArgumentFiller(text).fill(schemas['lists']!)).toMatchObject({ colours: ['blue', 'red'] })
    expect(new ArgumentFiller(text).fill(schemas['nullables']!)).toEqual({ due: '2026-12-01', note: null })
    expect(new ArgumentFiller(text).fill(schemas['references']!)).toEqual({ to: { mail: 'ann@example.com' } })
  })
})
