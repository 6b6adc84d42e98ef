import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { describe, expect, it } from 'vitest'
import { RepairFailedError } from '../repair/index.ts'
import type { ToolEffect } from './index.ts'
import { createToolFactory } from './index.ts'

const tool = createToolFactory()
const anything = { type: 'object' }
const NOTHING_RAN = Symbol('nothing ran')

/** Returns what a tool that accepts any object ran with; NOTHING_RAN if it did not run. */
async function ranWith(text: string, effect: ToolEffect | undefined, parameters: object = anything): Promise<unknown> {
  let ran: unknown = NOTHING_RAN
  const act = tool({
    name: 'act',
    description: 'Changes something in the world',
    parameters: parameters as Record<string, unknown>,
    ...(effect && { effect }),
    run: (args) => {
      ran = args
      return 'done'
    },
  })
  await act.call(text).catch((error: unknown) => {
    if (!(error instanceof RepairFailedError)) throw error
  })
  return ran
}

const FENCE = '```'

describe('a tool without the option effect', () => {
  it('is treated as one with an effect: arguments that were cut do not run', async () => {
    expect(await ranWith('{"to":"bob","amount":1', undefined)).toBe(NOTHING_RAN)
    expect(await ranWith('{"to":"bob","amount":1', 'read')).toEqual({ to: 'bob', amount: 1 })
  })

  it('has one effect when it is slow: it is not retried, and its outcome is unknown', async () => {
    let payments = 0
    const pay = tool({
      name: 'pay',
      description: 'Pays',
      parameters: anything,
      timeoutMs: 5,
      run: (_, { signal }) => {
        payments++
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    await expect(pay.call({})).rejects.toMatchObject({ code: 'unknown_outcome' })
    expect(payments).toBe(1)
  })

  it('may not have fallbacks, and the error names the option for a tool that only reads', () => {
    const options = { name: 'pay', description: 'Pays', parameters: anything, run: () => 1, fallbacks: [() => 2] }
    expect(() => tool(options)).toThrow(/effect.*'pay'.*fallbacks.*'read'/)
    expect(() => tool({ ...options, effect: 'read' })).not.toThrow()
    expect(() => tool({ ...options, effect: 'effect' })).not.toThrow()
    expect(() => tool({ ...options, fallbacks: [] })).not.toThrow()
  })
})

describe('a tool with an effect', () => {
  it.each([
    ['a number that goes on', '{"to":"bob","amount":1'],
    ['a text without its end', '{"sql":"DELETE FROM orders'],
    ['a list without its end', '{"cmds":["npm install","npm test"'],
    ['a key without its value', '{"id":"x","dryRun":'],
    ['a key without its value, inside its brackets', '{"id":"x","dryRun":}'],
    ['a minus alone', '{"amount":-'],
    ['a minus alone, inside its brackets', '{"amount":-}'],
    ['an exponent without digits', '{"amount":2e}'],
    ['a missing last bracket after a list', '{"ids":[1],"dryRun":true'],
    ['a missing last bracket after an object', '{"where":{"id":1},"dryRun":true'],
    ['a missing bracket in the middle', '{"ids":[1,"dryRun":true}'],
    ['the wrong bracket', '{"ids":[1,2}'],
    ['keys without quotes', '{to: "bob"}'],
    ['a text without quotes', '{"to": bob}'],
    ['a quote that opens twice', '{"a":"x,"b":"y"}'],
    ['a text with quotes inside', '{"a":"he said "go" to her"}'],
    ['an unknown escape', '{"path":"C:\\Users\\data"}'],
    ['an ellipsis', '{"ids":[1,2,...]}'],
    ['an ellipsis in a comment', '{"ids":[1,2 /* ... */]}'],
    ['a comment about what was left out', '{"a":1, // rest omitted for brevity\n"b":2}'],
    ['two commas', '{"a":1,,"b":2}'],
    ['fields after the bracket', '{"to":"all"},"dryRun":true}'],
    ['fields after the bracket, without a last one', '{"to":"all"}, "dryRun": true'],
    ['fields before the bracket', '"dryRun":true,"where":{"id":1}}'],
    ['two objects', '{"a":1}{"a":2}'],
    ['a draft and its correction', `${FENCE}json\n{"a":1}\n${FENCE}\nBetter:\n${FENCE}json\n{"a":2}\n${FENCE}`],
    ['the same key twice in text to repair', "{'to':'boss','to':'evil'}"],
    ['the same key twice in JSON', '{"to":"boss","to":"evil"}'],
    ['the same key twice in JSON, in another spelling', '{"to":"boss","t\\u006f":"evil"}'],
    ['the same key twice further in', '{"a":":","b":[{"to" : "boss","x":{},"to"\n: "evil"}]}'],
    ['the same key twice in a quoted object', JSON.stringify('{"to":"boss","to":"evil"}')],
    ['a value in a thought', '<think>maybe {"to":"all"}</think>'],
    ['a value in a thought without an end', '<think>No: <b>maybe</b> {"to":"all"}'],
    ['a value in a thought of other tags', 'I see. <reasoning effort="low">{"to":"all"}</reasoning> Nothing to do.'],
    ['a value in a thought in signs', '◁think▷{"to":"all"}◁/think▷'],
    ['a value in the channel of thoughts', '<|channel|>analysis<|message|>try {"to":"all"}<|end|>'],
    ['a value that is commented out', '// {"to":"all"}'],
    ['a value that is commented out in markup', '<!-- {"to":"all"} -->'],
    ['a value in a comment of another language', '# {"to":"all"}'],
    ['prose that says no before it', 'Do NOT send this: {"to":"all"}'],
    ['prose that says no after it', `{"to":"all"} but don't send it yet`],
    ['prose that says no in another language', 'Ne pas appeler : {"to":"all"}'],
    ['prose that says no in a sign', '❌ {"to":"all"}'],
    ['prose with a condition', 'If the user confirms: {"to":"all"}'],
    ['prose that takes it back', '{"to":"all"} Wait, cancel that.'],
    ['prose that corrects it', '{"to":"all","amount":5}\nMake it 50.'],
    ['prose that asks for it', 'Should I call {"to":"all"}?'],
    ['digits behind it', '{"to":"all"}00'],
    ['what the tool answered', '{"to":"all"}\nObservation: refused'],
    ['the call of another tool after a space', 'delete_all ({"to":"all"})'],
    ['the call of another tool in a tag', '<function=delete_all>{"to":"all"}</function>'],
    ['the call of another tool in an attribute', '<invoke name="delete_all">{"to":"all"}</invoke>'],
    ['the call of another tool behind a token', '<|tool▁call▁begin|>function<|tool▁sep|>delete_all\n{"to":"all"}'],
    ['the call of another tool by its recipient', 'to=functions.delete_all <|constrain|>json<|message|>{"to":"all"}'],
    ['the call of another tool as an action', 'Action: delete_all\nAction Input: {"to":"all"}'],
    ['a colon after it', '{"to":"all"}: 5'],
    ['a part of it', '{"to":"all"}.to'],
    ['the call of another tool', 'delete_all({"to":"all"})'],
    ['the call of another tool of a namespace', 'functions.act.undo({"to":"all"})'],
    ['the call of another tool by its number', 'functions.delete:0{"to":"all"}'],
    ['a comment with a field in it', '{"to":"all" /* , "dryRun": true */}'],
    ['a comment with a field at the end of a line', '{"to":"all" // "dryRun": true\n}'],
    ['a comment that says no', '{"to":"all" // do not send\n}'],
    ['a comment that says no to what it repeats', '{"note":"do not send" // do not send\n}'],
    ['a comment that says no in another language', '{"to":"all" // nicht senden\n}'],
    ['a comment with a condition', '{"to":"all" /* only if the user confirms */}'],
    ['a comment with a condition in a text', '{"o":"{\\"to\\":\\"all\\" /* when paid */}"}', { o: { type: 'object' } }],
    ['a comment that corrects', '{"amount":5 /* cents */}'],
    ['half a character at the end of a text', '{"to":"boss\\ud83d"}'],
    ['half a character in a text', '{"to":["bo\\ude00ss"]}'],
    ['half a character in a name', '{"bo\\ud83d":1}'],
    ['the marks of another call', '[TOOL_CALLS]delete_all[ARGS]{"to":"all"}'],
    ['the marks of another call with an id', '[TOOL_CALLS]delete_all[CALL_ID]a1b2[ARGS]{"to":"all"}'],
    ['the marks of two calls', '[TOOL_CALLS]act[ARGS]{"to":"all"}[TOOL_CALLS]act[ARGS]{"to":"boss"}'],
    ['a comment that asks', '{"to":"all" /* or the boss? */}'],
    ['a comment that is not filled in', '{"to":"all" /* TODO: amount */}'],
    ['a comment that counts what is not there', '{"ids":[1, // and 40 more\n]}'],
    ['a comment that goes on', '{"ids":[1, // repeat up to 40\n]}'],
    ['no value in a text for a list', '{"ids":"none"}', { ids: { type: 'array' } }],
    ['null in a text for a list', '{"ids":"NULL"}', { ids: { type: 'array', items: { type: 'string' } } }],
    ['a text for a list with the commas of Chinese', '{"ids":"甲、乙，丙"}', { ids: { type: 'array' } }],
    ['markup for a list', '{"ids":"<item>a</item><item>b</item>"}', { ids: { type: 'array' } }],
    ['a number in a text that may be octal', '{"mode":"0644"}', { mode: { type: 'integer' } }],
    ['a year of two digits', '{"on":"20/11/0026"}', { on: { type: 'string', format: 'date' } }],
    ['a quoted object whose quote is not closed', `"{'id':1}`],
    ['three quotes', '{"a":"""b"""}'],
    ['an opening bracket that was lost', '1,{"a":2}]'],
    ['texts side by side in a list', '{"a":["b" "c"]}'],
    ['curly quotes of one kind only', '{“a“: 1}'],
    ['undefined for a value', '{"a":undefined}'],
    ['NaN for a value', '{"a":NaN}'],
    ['a cut list in a text', '{"cmds":"[\\"npm install\\",\\"npm te"}', { cmds: { type: 'array' } }],
  ])('does not run on %s', async (_, text, properties: object = {}) => {
    expect(await ranWith(text, 'effect', { type: 'object', properties })).toBe(NOTHING_RAN)
    expect(await ranWith(text, 'idempotent', { type: 'object', properties })).toBe(NOTHING_RAN)
  })

  it.each([
    ['the same key twice with one value', '{"to":"boss","to":"boss"}', { to: 'boss' }],
    [
      'the same key in several objects',
      '{"a":{"to":1},"to":[{"to":1},{"to":1}]}',
      { a: { to: 1 }, to: [{ to: 1 }, { to: 1 }] },
    ],
    ['what looks like keys in its texts', '{"a":":","b":"\\":","c":": \\"a\\":"}', { a: ':', b: '":', c: ': "a":' }],
    ['a value after a thought', '<think>Hm.</think>{"to":"boss"}', { to: 'boss' }],
    ['a value after a thought whose beginning was lost', 'Hm.</think>\n{"to":"boss"}', { to: 'boss' }],
    [
      'a value in the last channel',
      '<|channel|>analysis<|message|>Hm.<|end|><|channel|>final<|message|>{"to":"boss"}',
      { to: 'boss' },
    ],
    ['a value after a comment of markup', '<!-- the call --> {"to":"boss"}', { to: 'boss' }],
    ['its own call', 'act({"to":"boss"})', { to: 'boss' }],
    ['its own call in a namespace', 'functions.act({"to":"boss"})', { to: 'boss' }],
    ['its own call by its number', '<|tool_call_begin|>functions.act:0{"to":"boss"}', { to: 'boss' }],
    ['its own call in a tag', '<function=act>{"to":"boss"}</function>', { to: 'boss' }],
    [
      'its own call behind a token',
      '<|tool▁call▁begin|>function<|tool▁sep|>act\n```json\n{"to":"boss"}\n```',
      { to: 'boss' },
    ],
    ['its own call by its recipient', 'to=functions.act <|constrain|>json<|message|>{"to":"boss"}', { to: 'boss' }],
    ['its own call behind the marks of Mistral', '[TOOL_CALLS]act[ARGS]{"to":"boss"}', { to: 'boss' }],
    ['its own call with an id', '[TOOL_CALLS]act[CALL_ID]a1b2c3[ARGS]{"to":"boss"}', { to: 'boss' }],
    ['a whole character', '{"to":"boss \\ud83d\\ude00"}', { to: 'boss 😀' }],
    ['prose that repeats what it says', 'Sure, I will act with the boss now: {"to":"boss"}', { to: 'boss' }],
    ['tokens that end it', '{"to":"boss"}</s><|im_end|>', { to: 'boss' }],
    ['brackets of prose', 'The arguments ({"to":"boss"}).', { to: 'boss' }],
    ['prose without a no', 'Another note. {"to":"boss"} Noted!', { to: 'boss' }],
    ['a comment on one field', '{"to":"boss" // the "to" of the call\n}', { to: 'boss' }],
  ])('runs on %s', async (_, text, args) => {
    expect(await ranWith(text, 'effect')).toEqual(args)
  })

  it('answers the model that the text ends too early, so that it writes the arguments again', async () => {
    const send = tool({ name: 'send', description: 'Sends', parameters: anything, run: () => 1 })
    await expect(send.call('{"body":"half a sent')).rejects.toThrow(/cut off/)
    await expect(send.call('{"body":"half a sent\\')).rejects.toThrow(/cut off/)
    await expect(send.call('{"ids":[1,2')).rejects.toThrow(/cut off/)
    await expect(send.call('no arguments at all')).rejects.toThrow(/is not JSON/)
  })

  it.each([
    ['one comma too many', '{"to":"bob","ids":[1,2,],}', { to: 'bob', ids: [1, 2] }],
    ['a comma too few before a key', '{"amount":1 "to":"bob"}', { amount: 1, to: 'bob' }],
    ['single quotes', `{'to':'bob','say':'a "b" it\\'s'}`, { to: 'bob', say: `a "b" it's` }],
    ['curly quotes', '{“to”: “bob”, ‘n’: 1}', { to: 'bob', n: 1 }],
    ['the words of Python', '{"a":True,"b":False,"c":None}', { a: true, b: false, c: null }],
    ['comments', '{"a":1, // the value a\n"b":/* and b */2}', { a: 1, b: 2 }],
    ['line breaks and tabs in a text', '{"a":"one\n\ttwo"}', { a: 'one\n\ttwo' }],
    ['a fence', `${FENCE}json\n{"a":1}\n${FENCE}`, { a: 1 }],
    ['a fence that is not closed', `${FENCE}json\n{"a":1}`, { a: 1 }],
    ['prose', 'Sure, here it is: {"a":1} Anything else?', { a: 1 }],
    ['a call', 'act({"a":1});', { a: 1 }],
    ['a bracket too many at the end', '{"a":{"b":1}}}', { a: { b: 1 } }],
    ['a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
  ])('runs on arguments with %s, which have one reading', async (_, text, meant) => {
    expect(await ranWith(text, 'effect')).toEqual(meant)
  })

  it.each([
    ['as it is', `{"to":"boss","body":"A ticket:\n${FENCE}json\n{\\"to\\":\\"evil\\"}\n${FENCE}\n"}`, 'boss'],
    ['in a fence', `${FENCE}\n{"to":"boss","body":"see ${FENCE}{\\"to\\":\\"evil\\"}${FENCE}\n"}\n${FENCE}`, 'boss'],
    ['with its quotes bare', `{"to":"boss","body":"A ticket:\n${FENCE}json\n{"to":"evil"}\n${FENCE}\n"}`, NOTHING_RAN],
  ])('does not take its arguments from a fence inside a text of theirs (%s)', async (_, text, to) => {
    const ran = await ranWith(text, 'effect')
    expect(ran === NOTHING_RAN ? ran : (ran as { to: string }).to).toBe(to)
  })
})

describe('a tool that reads', () => {
  it.each([
    ['a missing last bracket', '{"ids":[1],"dryRun":true', { ids: [1], dryRun: true }],
    ['keys without quotes and prose after', '{amount: 120} Anything else?', { amount: 120 }],
    ['a fence around keys without quotes', `Here:\n${FENCE}json\n{a: "x"}\n${FENCE}\nOk?`, { a: 'x' }],
    [
      'a fence in a text',
      `${FENCE}json\n{"content":"${FENCE}js\nf()\n${FENCE}"}\n${FENCE}`,
      { content: `${FENCE}js\nf()\n${FENCE}` },
    ],
  ])('gets every field of arguments with %s', async (_, text, meant) => {
    expect(await ranWith(text, 'read')).toEqual(meant)
  })

  it('does not run on only the fields before the last bracket when the rest cannot be read', async () => {
    expect(await ranWith('{"ids":[1],"dryRun":tr)ue !', 'read')).not.toEqual({ ids: [1] })
  })
})

/** JSON values of all kinds, whose texts contain the characters of delimiters. */
const texts = fc.string({
  unit: fc.constantFrom(
    'a',
    'é',
    ' ',
    '"',
    "'",
    '“',
    '\\',
    '\n',
    '\t',
    '`',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '/',
    '*',
    '😀',
  ),
})
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    texts,
    fc.integer(),
    fc.integer().map((cents) => cents / 100),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))
const objects = fc.dictionary(
  texts.filter((key) => key !== '__proto__'),
  values,
  { maxKeys: 5, noNullPrototype: true },
)

type Spelling = {
  readonly quote: '"' | "'"
  readonly isPython: boolean
  readonly hasTrailingCommas: boolean
  readonly hasRawBreaks: boolean
  readonly gap: string
  readonly around: readonly [string, string]
}
const spellings: fc.Arbitrary<Spelling> = fc.record({
  quote: fc.constantFrom<'"' | "'">('"', "'"),
  isPython: fc.boolean(),
  hasTrailingCommas: fc.boolean(),
  hasRawBreaks: fc.boolean(),
  gap: fc.constantFrom('', ' ', '\n  ', ' /* a "note" } */ ', ' // the value\n'),
  around: fc.constantFrom<readonly [string, string]>(
    ['', ''],
    [`${FENCE}json\n`, `\n${FENCE}`],
    ['Sure: ', ' Done.'],
    ['act(', ');'],
  ),
})

/** Writes a value as models do. Since it starts from the value, the test knows what the text means. */
function spell(value: unknown, spelling: Spelling): string {
  const { quote, isPython, hasTrailingCommas, hasRawBreaks, gap } = spelling
  const text = (text: string) => {
    const json = JSON.stringify(text).slice(1, -1)
    const requoted = quote === '"' ? json : json.replaceAll('\\"', '"').replaceAll("'", "\\'")
    const broken = hasRawBreaks
      ? requoted.replace(/\\(?:\\|n|t)/g, (raw) => ({ '\\n': '\n', '\\t': '\t' })[raw] ?? raw)
      : requoted
    return quote + broken + quote
  }
  const write = (item: unknown): string => {
    if (typeof item === 'string') return text(item)
    if (Array.isArray(item)) return list('[', item.map(write), ']')
    if (typeof item === 'object' && item !== null) {
      return list(
        '{',
        Object.entries(item).map(([key, each]) => `${text(key)}${gap}:${write(each)}`),
        '}',
      )
    }
    const word = JSON.stringify(item)
    return isPython ? ({ true: 'True', false: 'False', null: 'None' }[word] ?? word) : word
  }
  const list = (open: string, items: readonly string[], close: string) =>
    `${open}${gap}${items.join(`${gap},${gap}`)}${hasTrailingCommas && items.length > 0 ? ',' : ''}${gap}${close}`
  return write(value)
}

const occurrences = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0

describe('free repair for an effect, on generated arguments', () => {
  it('runs on what was meant, in any spelling', async () => {
    await fc.assert(
      fc.asyncProperty(objects, spellings, async (meant, spelling) => {
        const [before, after] = spelling.around
        expect(await ranWith(before + spell(meant, spelling) + after, 'effect')).toEqual(
          JSON.parse(JSON.stringify(meant)),
        )
      }),
      { numRuns: sized({ test: 400, soak: 20_000 }) },
    )
  })

  it('never runs on arguments that end anywhere before their last bracket', async () => {
    await fc.assert(
      fc.asyncProperty(objects, spellings, async (meant, spelling) => {
        const whole = spelling.around[0] + spell(meant, spelling)
        for (let length = 0; length < whole.length; length++) {
          const cut = whole.slice(0, length)
          if ((await ranWith(cut, 'effect')) !== NOTHING_RAN) throw new Error(`It ran on ${cut}`)
        }
      }),
      { numRuns: sized({ test: 60, soak: 1_000 }) },
    )
  })

  it('never adds a bracket, a quote or a value, whatever was removed or inserted', async () => {
    const damage = fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(3),
        fc.constantFrom('', '', '"', "'", '{', '}', '[', ']', ',', ':', '`', ' ', '\n', '/'),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    await fc.assert(
      fc.asyncProperty(objects, spellings, damage, async (meant, spelling, damages) => {
        let text = spelling.around[0] + spell(meant, spelling) + spelling.around[1]
        for (const [at, length, put] of damages) {
          const start = at % (text.length + 1)
          text = text.slice(0, start) + put + text.slice(start + length)
        }
        const ran = await ranWith(text, 'effect')
        if (ran === NOTHING_RAN) return
        const bare = JSON.stringify(ran, (_, item) => (typeof item === 'string' ? '' : item))
        const quoted = JSON.stringify(ran, (_, item) => (typeof item === 'string' ? '' : item)).match(
          /"(?:[^"\\]|\\.)*"/g,
        )
        const noTexts = bare.replace(/"(?:[^"\\]|\\.)*"/g, '')
        expect(occurrences(text, /[\]}]/g)).toBeGreaterThanOrEqual(occurrences(noTexts, /[\]}]/g))
        expect(occurrences(text, /["'“”‘’]/g)).toBeGreaterThanOrEqual(2 * (quoted?.length ?? 0))
        expect(occurrences(text, /true/gi)).toBeGreaterThanOrEqual(occurrences(noTexts, /true/g))
        expect(occurrences(text, /false/gi)).toBeGreaterThanOrEqual(occurrences(noTexts, /false/g))
        expect(occurrences(text, /null|None/g)).toBeGreaterThanOrEqual(occurrences(noTexts, /null/g))
        for (const number of noTexts.match(/-?[\d.]+(?:e[+-]?\d+)?/g) ?? []) expect(text).toContain(number)
      }),
      { numRuns: sized({ test: 500, soak: 50_000 }) },
    )
  })
})
