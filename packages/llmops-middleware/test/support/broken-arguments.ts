/** A JSON Schema as these generators understand it. */
type Field = {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'
  readonly enum?: readonly string[]
  readonly format?: string
  readonly items?: Field
  readonly properties?: Readonly<Record<string, Field>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
}
export type ArgumentsSchema = Field & { readonly properties: Readonly<Record<string, Field>> }
export type Arguments = Record<string, unknown>

/** What the text of an error can mean. */
export type Reading =
  /** One thing. */
  | 'one'
  /** Two things, or nobody knows what. */
  | 'ambiguous'
  /** The text ends too early: a function that reads may run on what is there. */
  | 'cut'
  /** Something that the schema forbids beside what was meant: a function that reads may run without it. */
  | 'extra'

export type Broken = {
  readonly kind: string
  readonly reading: Reading
  readonly schema: ArgumentsSchema
  readonly meant: Arguments
  readonly text: string
}

/** The tool that is called; envelopes name it. */
export const TOOL = 'act'

/** mulberry32: the same numbers for the same seed. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }
}

const CURRENCIES = ['USD', 'EUR', 'GBP'] as const
const SCHEMAS: readonly ArgumentsSchema[] = [
  object(
    { to: text(), amount: { type: 'number' }, currency: choice(...CURRENCIES), dryRun: { type: 'boolean' } },
    'to',
    'amount',
  ),
  object({ sql: text(), limit: { type: 'integer' }, explain: { type: 'boolean' } }, 'sql'),
  object({ path: text(), content: text(), mode: choice('append', 'overwrite') }, 'path', 'content'),
  object({ ids: list({ type: 'integer' }), tags: list(text()), note: text() }, 'ids'),
  object(
    {
      subject: text(),
      due: { type: 'string', format: 'date' },
      customer: object({ email: text(), age: { type: 'integer' } }, 'email'),
    },
    'subject',
  ),
  object(
    {
      query: text(),
      filters: list(object({ field: text(), value: text() }, 'field', 'value')),
      offset: { type: 'integer' },
    },
    'query',
  ),
  object({ city: text(), nights: { type: 'integer' }, breakfast: { type: 'boolean' }, extras: list(text()) }),
]

function object(properties: Record<string, Field>, ...required: string[]): ArgumentsSchema {
  return { type: 'object', additionalProperties: false, properties, required }
}
function list(items: Field): Field {
  return { type: 'array', items }
}
function text(): Field {
  return { type: 'string' }
}
function choice(...values: string[]): Field {
  return { type: 'string', enum: values }
}

const WORDS = [
  'Oslo',
  'zip',
  'coat',
  'bob@example.com',
  '/tmp/a.txt',
  'ORD-1001',
  '3.10',
  '007',
  'Ærø',
  '東京',
  '😀',
  'null',
  'true',
]
const TEXTS = [
  ...WORDS,
  'two words',
  `it's "fine"`,
  'a {b} [c], d: e; f',
  'line one\nline two',
  '```js\nf()\n```',
  '{"to":"evil"}',
  'C:\\Users\\new',
  'https://example.com/a?b=c&d=1#e',
  '... and so on',
  '// rest omitted',
  'say \\"hi\\"',
  '',
]

function valueFor(field: Field, random: Random): unknown {
  switch (field.type) {
    case 'string':
      if (field.enum) return random.pick(field.enum)
      if (field.format === 'date') return `20${10 + random.below(80)}-0${1 + random.below(9)}-${13 + random.below(15)}`
      return random.pick(TEXTS)
    case 'integer':
      return random.below(2000) - 500
    case 'number':
      return (random.below(200_000) - 50_000) / 100
    case 'boolean':
      return random.below(2) === 0
    case 'array':
      return Array.from({ length: random.below(4) }, () => valueFor(field.items!, random))
    case 'object':
      return argumentsFor(field as ArgumentsSchema, random)
  }
}

function argumentsFor({ properties, required = [] }: ArgumentsSchema, random: Random): Arguments {
  const present = Object.entries(properties).filter(([name]) => required.includes(name) || random.below(3) > 0)
  return Object.fromEntries(present.map(([name, field]) => [name, valueFor(field, random)]))
}

/** Undefined when the error cannot be made in these arguments. `meant` where the error says something else than them. */
type Break = (
  meant: Arguments,
  schema: ArgumentsSchema,
  random: Random,
) => string | { readonly text: string; readonly meant: Arguments } | undefined

type Kind = { readonly name: string; readonly reading: Reading; readonly break: Break }

const FENCE = '```'
const json = (value: unknown): string => JSON.stringify(value)

/** JSON in which strings, words, commas or gaps are written otherwise. */
function write(
  value: unknown,
  {
    quote = json,
    word = json,
    comma = ',',
    last = '',
    gap = '',
  }: {
    quote?: (text: string) => string
    word?: (value: unknown) => string
    comma?: string
    last?: string
    gap?: string
  },
): string {
  const again = (item: unknown) => write(item, { quote, word, comma, last, gap })
  const join = (items: readonly string[]) => items.join(`${comma}${gap}`) + (items.length > 0 ? last : '')
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${join(value.map(again))}]`
  if (typeof value !== 'object' || value === null) return word(value)
  return `{${join(Object.entries(value).map(([key, item]) => `${quote(key)}:${gap}${again(item)}`))}}`
}

const singleQuoted = (text: string) => `'${json(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
const python = (value: unknown) => ({ true: 'True', false: 'False', null: 'None' })[json(value)] ?? json(value)

/** The arguments with one field, of those that fit, written otherwise. */
function withField(
  meant: Arguments,
  random: Random,
  fits: (value: unknown, name: string) => boolean,
  change: (value: never) => unknown,
): string | undefined {
  const names = Object.keys(meant).filter((name) => fits(meant[name], name))
  if (names.length === 0) return undefined
  const name = random.pick(names)
  return json({ ...meant, [name]: change(meant[name] as never) })
}

/** Whether each closing bracket in its JSON ends a list, and there is one. */
const hasListsOnly = (meant: Arguments) =>
  json(meant).includes(']') &&
  !json(meant)
    .replace(/"(?:[^"\\]|\\.)*"/g, (text) => (text.includes(']') ? '!' : ''))
    .includes('!')

const isNumber = (value: unknown) => typeof value === 'number'
const isBoolean = (value: unknown) => typeof value === 'boolean'
const isList = (value: unknown) => Array.isArray(value)
/** Neither a list in a text, nor the word for none. */
const isOneThing = (value: unknown) => WORDS.includes(value as string) && !/^(?:null|none)$/i.test(value as string)
const isPlain = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const chosenIn = (schema: ArgumentsSchema) => (_: unknown, name: string) => schema.properties[name]?.enum !== undefined
const datesIn = (schema: ArgumentsSchema) => (_: unknown, name: string) => schema.properties[name]?.format === 'date'
const absentIn = (meant: Arguments, { properties }: ArgumentsSchema) =>
  Object.keys(properties).filter((name) => !Object.hasOwn(meant, name))
const freeText = (schema: ArgumentsSchema) => (value: unknown, name: string) =>
  typeof value === 'string' && !schema.properties[name]?.enum && !schema.properties[name]?.format

/** The JSON of the arguments with one text in it replaced by raw characters. */
function withRawText(meant: Arguments, schema: ArgumentsSchema, random: Random, raw: string, value: string) {
  const names = Object.keys(meant).filter((name) => freeText(schema)(meant[name], name))
  if (names.length === 0) return undefined
  const name = random.pick(names)
  const text = json({ ...meant, [name]: 'HERE' }).replace('"HERE"', () => raw)
  return { text, meant: { ...meant, [name]: value } }
}

const one = (name: string, act: Break): Kind => ({ name, reading: 'one', break: act })
const ambiguous = (name: string, act: Break): Kind => ({ name, reading: 'ambiguous', break: act })

export const KINDS: readonly Kind[] = [
  one('nothing wrong', json),
  one('a comma at the end', (meant) => (Object.keys(meant).length > 0 ? json(meant).replace(/\}$/, ',}') : undefined)),
  one('a comma at each end', (meant) => write(meant, { last: ',' })),
  one('single quotes', (meant) => write(meant, { quote: singleQuoted })),
  one('single quotes and the words of Python', (meant) => write(meant, { quote: singleQuoted, word: python })),
  one('curly quotes', (meant) =>
    /[“”\\]/.test(json(meant)) ? undefined : write(meant, { quote: (text) => `“${text}”` }),
  ),
  one('the words of Python', (meant) => write(meant, { word: python })),
  one('wide spacing', (meant) => write(meant, { gap: '\n  ' })),
  one('a fence with a language', (meant) => `${FENCE}json\n${json(meant)}\n${FENCE}`),
  one('a fence', (meant) => `${FENCE}\n${json(meant)}\n${FENCE}`),
  one('a fence in prose', (meant) => `Here you go:\n${FENCE}json\n${json(meant)}\n${FENCE}\nAnything else?`),
  one('prose before', (meant) => `The arguments are ${json(meant)}`),
  one('prose after', (meant) => `${json(meant)} is what I would call.`),
  one('a comment at the end of a line', (meant) => `{ // the arguments\n${json(meant).slice(1)}`),
  one('a comment between', (meant) => `{/* the "arguments" } */${json(meant).slice(1)}`),
  one('line breaks in texts', (meant) =>
    json(meant).includes('\\n') ? write(meant, { quote: rawBreaks }) : undefined,
  ),
  one('a tab in a text', (meant, schema, random) => withRawText(meant, schema, random, '"a\tb"', 'a\tb')),
  one('a missing comma', (meant) =>
    Object.keys(meant).length > 1
      ? write(meant, { comma: ' ' }).includes('[')
        ? undefined
        : missingComma(meant)
      : undefined,
  ),
  one('a byte order mark', (meant) => `\ufeff${json(meant)}`),
  one('text in text', (meant) => json(json(meant))),
  one('a call', (meant) => `${TOOL}(${json(meant)})`),
  one('an assignment', (meant) => `args = ${json(meant)}`),
  one('a tag around', (meant) => `<arguments>${json(meant)}</arguments>`),
  one('a token of the template', (meant) => `${json(meant)}<|call|>`),
  one('too many closing brackets', (meant) => `${json(meant)}}`),
  one('the same twice', (meant) => `${json(meant)}${json(meant)}`),
  one('the same on two lines', (meant) => `${json(meant)}\n${write(meant, { gap: ' ' })}`),
  one('a list around it', (meant) => `[${json(meant)}]`),
  one('an envelope', (meant) => json({ name: TOOL, arguments: meant })),
  one('an envelope with text', (meant) => json({ name: TOOL, arguments: json(meant) })),
  one('a number as text', (meant, _, random) => withField(meant, random, isNumber, String)),
  one('a number with spaces', (meant, _, random) => withField(meant, random, isNumber, (value) => ` ${value} `)),
  one('a whole number with a point', (meant, _, random) =>
    withField(meant, random, Number.isSafeInteger, (value) => `${value}.0`),
  ),
  one('a boolean as text', (meant, _, random) => withField(meant, random, isBoolean, String)),
  one('a boolean as the text of Python', (meant, _, random) => withField(meant, random, isBoolean, python)),
  one('a list as text', (meant, _, random) => withField(meant, random, isList, json)),
  one('an object as text', (meant, _, random) => withField(meant, random, isPlain, json)),
  one('a list of Python as text', (meant, _, random) =>
    withField(meant, random, isList, (value) => write(value, { quote: singleQuoted })),
  ),
  one('one value for a list', (meant, _, random) =>
    withField(
      meant,
      random,
      (value) => Array.isArray(value) && value.length === 1 && isOneThing(value[0]),
      (value: readonly unknown[]) => value[0],
    ),
  ),
  one('a number for a list', (meant, _, random) =>
    withField(
      meant,
      random,
      (value) => Array.isArray(value) && value.length === 1 && isNumber(value[0]),
      (value: readonly unknown[]) => value[0],
    ),
  ),
  one('null for what was left out', (meant, schema, random) => {
    const absent = absentIn(meant, schema)
    return absent.length > 0 ? json({ ...meant, [random.pick(absent)]: null }) : undefined
  }),
  one('a choice in other capitals', (meant, schema, random) =>
    withField(meant, random, chosenIn(schema), (value: string) =>
      random.pick([value.toLowerCase(), value.toUpperCase()]),
    ),
  ),
  one('a choice with spaces', (meant, schema, random) =>
    withField(meant, random, chosenIn(schema), (value) => ` ${value} `),
  ),
  one('a number for a text', (meant, schema, random) => {
    const digits = random.pick(['3.10', '1.0', '2512292042121000001', '42'])
    return withRawText(meant, schema, random, digits, digits)
  }),
  one('a date with slashes', (meant, schema, random) =>
    withField(meant, random, datesIn(schema), (value: string) => value.replaceAll('-', '/')),
  ),
  one('a date with the day first', (meant, schema, random) =>
    withField(meant, random, datesIn(schema), (value: string) => value.split('-').reverse().join('.')),
  ),
  one('two at once', (meant, _, random) => {
    const text = withField(meant, random, isNumber, String)
    return text && `${FENCE}json\n${text.replace(/\}$/, ',}')}\n${FENCE}`
  }),

  ambiguous('a path of Windows', (meant, schema, random) =>
    withRawText(meant, schema, random, '"C:\\Users\\data"', 'C:\\Users\\data'),
  ),
  ambiguous('a regular expression', (meant, schema, random) =>
    withRawText(meant, schema, random, '"\\d+\\.\\w"', '\\d+\\.\\w'),
  ),
  ambiguous('an ellipsis in a list', (meant) =>
    hasListsOnly(meant) ? write(meant, {}).replace(/\]/, ', ...]') : undefined,
  ),
  ambiguous('an ellipsis at the end', (meant) => json(meant).replace(/\}$/, ', ...}')),
  ambiguous('a comment about what was left out', (meant) => json(meant).replace(/\}$/, ' // rest omitted\n}')),
  ambiguous('three quotes', (meant, schema, random) => withRawText(meant, schema, random, '"""a"""', 'a')),
  ambiguous('quotes in a text', (meant, schema, random) =>
    withRawText(meant, schema, random, '"he said "go", then left"', 'he said "go", then left'),
  ),
  ambiguous('a text without quotes', (meant, schema, random) => withRawText(meant, schema, random, 'hello', 'hello')),
  ambiguous('a missing value', (meant, schema, random) => withRawText(meant, schema, random, '', '')),
  ambiguous('no number', (meant, _, random) =>
    withField(meant, random, isNumber, () => 'HERE')?.replace('"HERE"', 'NaN'),
  ),
  ambiguous('two that differ', (meant, schema, random) => {
    const other = argumentsFor(schema, random)
    return json(other) === json(meant) ? undefined : `${json(meant)}${json(other)}`
  }),
  ambiguous('nothing and something', (meant) => (Object.keys(meant).length > 0 ? `{}${json(meant)}` : undefined)),
  ambiguous('a draft and a correction', (meant, schema, random) => {
    const other = argumentsFor(schema, random)
    if (json(other) === json(meant)) return undefined
    return `${FENCE}json\n${json(other)}\n${FENCE}\nBetter:\n${FENCE}json\n${json(meant)}\n${FENCE}`
  }),
  ambiguous('a key twice', (meant) => {
    const [first] = Object.entries(meant)
    return first && `${write(meant, { quote: singleQuoted }).slice(0, -1)},${singleQuoted(first[0])}:'other'}`
  }),
  ambiguous('a key twice, in JSON', (meant) => {
    const [first] = Object.entries(meant)
    return first && `${json(meant).slice(0, -1)},${json(first[0])}:"other"}`
  }),
  ambiguous('a thought without an answer', (meant) => `<think>Perhaps ${json(meant)}</think>`),
  ambiguous('a comment about what comes later', (meant) => json(meant).replace(/\}$/, ' /* TODO: fill in */}')),
  ambiguous('a field in a comment', (meant) => {
    const [first, ...rest] = Object.entries(meant)
    return first && rest.length > 0
      ? `{/* ${json(Object.fromEntries(rest)).slice(1, -1)}, */${json(Object.fromEntries([first])).slice(1)}`
      : undefined
  }),
  ambiguous('the spelt call of another tool', (meant) => `other_tool(${json(meant)})`),
  ambiguous('a number that may be octal', (meant, _, random) => withField(meant, random, isNumber, () => '0644')),
  ambiguous('the word for none, for a list', (meant, _, random) => withField(meant, random, isList, () => 'None')),
  ambiguous('the misspelt name of another field', (meant, schema, random) => {
    const absent = absentIn(meant, schema).filter((name) => /[A-Z]|.{6}/.test(name))
    if (absent.length === 0) return undefined
    const name = random.pick(absent)
    const wrong = random.pick([name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), `${name}s`])
    if (wrong === name) return undefined
    const value = valueFor(schema.properties[name]!, random)
    return { text: json({ ...meant, [wrong]: value }), meant: { ...meant, [name]: value } }
  }),
  ambiguous('a list with commas in a text', (meant, schema, random) =>
    withField(
      meant,
      random,
      (value, name) => isList(value) && schema.properties[name]?.items?.type === 'string',
      () => 'zip, coat',
    ),
  ),
  ambiguous('an empty text for a list', (meant, _, random) => withField(meant, random, isList, () => '')),
  ambiguous('an integer that a number cannot hold', (meant, schema, random) =>
    withField(
      meant,
      random,
      (_, name) => schema.properties[name]?.type === 'integer',
      () => 'HERE',
    )?.replace('"HERE"', random.pick(['9007199254740993', '"2512292042121000001"'])),
  ),
  ambiguous('a thousands separator', (meant, _, random) => withField(meant, random, isNumber, () => '1,234')),
  ambiguous('a date that can be two', (meant, schema, random) =>
    withField(meant, random, datesIn(schema), () => '03/04/2026'),
  ),
  ambiguous('a call of another tool', (meant) => json({ name: 'other_tool', arguments: meant })),
  ambiguous('fields behind the brackets', (meant) => {
    const [first, ...rest] = Object.entries(meant)
    return first && rest.length > 0
      ? `${json(Object.fromEntries([first]))},${json(Object.fromEntries(rest)).slice(1)}`
      : undefined
  }),
  ambiguous('the wrong closing bracket', (meant) =>
    hasListsOnly(meant) ? json(meant).replace(/\](?=[^\]]*$)/, '}') : undefined,
  ),
  ambiguous('an infinite number', (meant, _, random) =>
    withField(meant, random, isNumber, () => 'HERE')?.replace('"HERE"', '1e400'),
  ),

  {
    name: 'cut anywhere',
    reading: 'cut',
    break: (meant, _, random) => json(meant).slice(0, random.below(json(meant).length)),
  },
  {
    name: 'cut in a fence',
    reading: 'cut',
    break: (meant, _, random) => `${FENCE}json\n${json(meant).slice(0, 1 + random.below(json(meant).length - 1))}`,
  },
  { name: 'without its last bracket', reading: 'cut', break: (meant) => json(meant).slice(0, -1) },
  {
    name: 'single quotes, cut',
    reading: 'cut',
    break: (meant, _, random) => {
      const whole = write(meant, { quote: singleQuoted })
      return whole.slice(0, random.below(whole.length))
    },
  },

  { name: 'a made-up field', reading: 'extra', break: (meant) => json({ ...meant, confidence: 0.98 }) },
  { name: 'a made-up note', reading: 'extra', break: (meant) => json({ ...meant, _reasoning: 'because' }) },
]

function rawBreaks(text: string): string {
  return `"${json(text)
    .slice(1, -1)
    .replace(/\\(?:\\|n)/g, (found) => (found === '\\n' ? '\n' : found))}"`
}

function missingComma(meant: Arguments): string {
  const [first, ...rest] = Object.entries(meant).map(([key, value]) => `${json(key)}:${json(value)}`)
  return `{${first} ${rest.join(',')}}`
}

/** A schema, arguments for it and one error of a model in them, of each kind in turn. */
export function* brokenArguments(count: number, seed: number): Generator<Broken> {
  const random = new Random(seed)
  for (let index = 0; index < count; index++) {
    const kind = KINDS[index % KINDS.length]!
    const broken = breakOnce(kind, random)
    if (broken) yield broken
  }
}

function breakOnce(kind: Kind, random: Random): Broken | undefined {
  for (let attempt = 0; attempt < 5_000; attempt++) {
    const schema = random.pick(SCHEMAS)
    const meant = argumentsFor(schema, random)
    const broken = kind.break(meant, schema, random)
    if (broken === undefined) continue
    const { text, meant: said } = typeof broken === 'string' ? { text: broken, meant } : broken
    return { kind: kind.name, reading: kind.reading, schema, meant: said, text }
  }
  throw new Error(`No arguments could be broken so: ${kind.name}`)
}
