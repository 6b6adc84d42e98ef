import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type } from 'arktype'
import { fc } from 'test-support/generated'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { z as z3 } from 'zod/v3'
import { createToolFactory } from '../tool/index.ts'
import { compileSchema, type JsonSchema, RepairFailedError, type Schema } from './index.ts'

const tool = createToolFactory()
const make = (parameters: Schema) =>
  tool({ name: 'act', description: 'Acts', parameters, run: (args: unknown) => args })

/** Returns the issues of the arguments that a tool refuses. */
async function issuesOf(parameters: Schema, args: unknown): Promise<readonly { path: string; message: string }[]> {
  const error = await make(parameters)
    .call(args)
    .catch((error: unknown) => error)
  if (!RepairFailedError.isInstance(error)) throw new Error(`It ran on ${JSON.stringify(args)}`)
  return error.issues
}

const takes = (field: unknown, more: JsonSchema = {}) =>
  ({ type: 'object', properties: { a: field }, ...more }) as JsonSchema
const point = { type: 'object', required: ['x'], properties: { x: { type: 'number' } } }

/** A feature in schemas of public tools, a value that fits it, and one that does not, with the path of the issue. */
const FEATURES: readonly (readonly [name: string, schema: JsonSchema, fits: unknown, other: unknown, path: string])[] =
  [
    ['no keywords at all', {}, { a: 1 }, '[1', ''],
    ['no fields', { type: 'object', properties: {}, additionalProperties: false }, {}, { a: 1 }, '/a'],
    [
      'fields without a type around them',
      { properties: { a: { type: 'integer' } }, required: ['a'] },
      { a: 1 },
      {},
      '/a',
    ],
    [
      'a dialect: draft 07',
      takes({ type: 'string' }, { $schema: 'http://json-schema.org/draft-07/schema#' }),
      { a: 'x' },
      { a: {} },
      '/a',
    ],
    [
      'a dialect: 2019-09',
      takes({ type: 'string' }, { $schema: 'https://json-schema.org/draft/2019-09/schema' }),
      { a: 'x' },
      { a: {} },
      '/a',
    ],
    [
      'a dialect: draft 04',
      takes({ type: 'string' }, { $schema: 'http://json-schema.org/draft-04/schema#', id: 'x' }),
      { a: 'x' },
      { a: {} },
      '/a',
    ],
    [
      'a tuple of draft 07',
      takes({ type: 'array', items: [{ type: 'number' }, { type: 'string' }], additionalItems: false }),
      { a: [1, 'x'] },
      { a: [1, 'x', 2] },
      '/a',
    ],
    [
      'a tuple of draft 07 with its rest',
      takes({ type: 'array', items: [{ type: 'string' }], additionalItems: { type: 'integer' } }),
      { a: ['x', 1] },
      { a: ['x', 'y'] },
      '/a/1',
    ],
    [
      'a tuple of 2020-12',
      takes({ type: 'array', prefixItems: [{ type: 'number' }, { type: 'string' }], items: false }),
      { a: [1, 'x'] },
      { a: ['x', 'y'] },
      '/a/0',
    ],
    [
      'nullable, with a type',
      takes({ type: 'string', nullable: true }, { required: ['a'] }),
      { a: null },
      { a: {} },
      '/a',
    ],
    [
      'nullable, with choices',
      takes({ type: 'string', enum: ['x'], nullable: true }, { required: ['a'] }),
      { a: null },
      { a: 'y' },
      '/a',
    ],
    [
      'nullable, by reference',
      takes({ $ref: '#/definitions/point', nullable: true }, { required: ['a'], definitions: { point } }),
      { a: null },
      { a: {} },
      '/a/x',
    ],
    [
      'a limit that is exclusive by a boolean',
      takes({ type: 'number', minimum: 0, exclusiveMinimum: true }),
      { a: 1 },
      { a: 0 },
      '/a',
    ],
    [
      'a limit that a boolean does not make exclusive',
      takes({ type: 'number', maximum: 5, exclusiveMaximum: false }),
      { a: 5 },
      { a: 6 },
      '/a',
    ],
    ['a limit that is exclusive by a number', takes({ type: 'number', exclusiveMinimum: 0 }), { a: 1 }, { a: 0 }, '/a'],
    ['a type in capitals', { type: 'OBJECT', properties: { a: { type: 'INTEGER' } } }, { a: 1 }, { a: {} }, '/a'],
    ['a field that says itself that it is required', takes({ type: 'string', required: true }), { a: 'x' }, {}, '/a'],
    ['required twice', takes({ type: 'string' }, { required: ['a', 'a'] }), { a: 'x' }, {}, '/a'],
    ['a choice twice', takes({ enum: ['x', 'x', 'y'] }), { a: 'x' }, { a: 'z' }, '/a'],
    ['a choice of numbers and null', takes({ enum: [1, 2, null] }, { required: ['a'] }), { a: null }, { a: 3 }, '/a'],
    ['a constant', takes({ const: 'x' }), { a: 'x' }, { a: 'y' }, '/a'],
    ['a format that is not known', takes({ type: 'string', format: 'markdown' }), { a: 'x' }, { a: {} }, '/a'],
    ['a format', takes({ type: 'string', format: 'email' }), { a: 'a@b.co' }, { a: 'x' }, '/a'],
    ['a format of OpenAPI', takes({ type: 'integer', format: 'int32' }), { a: 1 }, { a: 2 ** 40 }, '/a'],
    [
      'keywords that are not known',
      takes({ type: 'string', 'x-order': 1, examples: ['x'], markdownDescription: 'x' }),
      { a: 'x' },
      { a: {} },
      '/a',
    ],
    [
      'a name of its own',
      takes({ type: 'string' }, { $id: 'https://example.com/tool.json' }),
      { a: 'x' },
      { a: {} },
      '/a',
    ],
    [
      'references by that name',
      takes(
        { $ref: 'https://example.com/a.json#/definitions/point' },
        { $id: 'https://example.com/a.json', definitions: { point } },
      ),
      { a: { x: 1 } },
      { a: {} },
      '/a/x',
    ],
    [
      'references to parts with names',
      takes(
        { $ref: 'point.json' },
        { $id: 'https://example.com/b.json', $defs: { p: { $id: 'point.json', ...point } } },
      ),
      { a: { x: 1 } },
      { a: {} },
      '/a/x',
    ],
    [
      'references by an anchor',
      takes({ $ref: '#point' }, { $defs: { p: { $anchor: 'point', ...point } } }),
      { a: { x: 1 } },
      { a: {} },
      '/a/x',
    ],
    [
      'references by an anchor of draft 07',
      takes({ $ref: '#point' }, { definitions: { p: { $id: '#point', ...point } } }),
      { a: { x: 1 } },
      { a: {} },
      '/a/x',
    ],
    [
      'a field named $ref',
      { type: 'object', properties: { $ref: { type: 'string' }, $id: { type: 'string' } } },
      { $ref: 'x' },
      { $ref: {} },
      '/$ref',
    ],
    [
      'fields named like keywords',
      {
        type: 'object',
        properties: { items: { type: 'string' }, properties: { type: 'integer' }, required: { type: 'boolean' } },
      },
      { items: 'x', properties: 1 },
      { items: {} },
      '/items',
    ],
    [
      'recursion',
      { type: 'object', properties: { a: { type: 'array', items: { $ref: '#' } }, n: { type: 'integer' } } },
      { a: [{ a: [] }] },
      { a: [{ n: {} }] },
      '/a/0/n',
    ],
    [
      'recursion of 2019-09',
      { type: 'object', properties: { a: { type: 'array', items: { $recursiveRef: '#' } }, n: { type: 'integer' } } },
      { a: [{ a: [] }] },
      { a: [{ n: {} }] },
      '/a/0/n',
    ],
    [
      'recursion by a dynamic anchor',
      { $dynamicAnchor: 'node', type: 'object', properties: { a: { $dynamicRef: '#node' }, n: { type: 'integer' } } },
      { a: {} },
      { a: { n: {} } },
      '/a/n',
    ],
    [
      'a map of any names',
      takes({ type: 'object', additionalProperties: { type: 'integer' } }),
      { a: { b: 1 } },
      { a: { b: {} } },
      '/a/b',
    ],
    [
      'a map of some names',
      takes({ type: 'object', patternProperties: { '^x-': { type: 'integer' } }, additionalProperties: false }),
      { a: { 'x-b': 1 } },
      { a: { y: 1 } },
      '/a/y',
    ],
    [
      'limits on names',
      takes({ type: 'object', propertyNames: { pattern: '^[a-z]+$' } }),
      { a: { b: 1 } },
      { a: { B: 1 } },
      '/a',
    ],
    [
      'the dependencies of draft 07',
      { type: 'object', properties: { a: {}, b: {} }, dependencies: { a: ['b'] } },
      { a: 1, b: 1 },
      { a: 1 },
      '',
    ],
    [
      'dependent schemas',
      { type: 'object', dependentSchemas: { a: { required: ['b'] } } },
      { a: 1, b: 1 },
      { a: 1 },
      '/b',
    ],
    [
      'parts joined by allOf',
      { allOf: [takes({ type: 'string' }), { required: ['b'] }], unevaluatedProperties: true },
      { a: 'x', b: 1 },
      { a: 'x' },
      '/b',
    ],
    [
      'fields that no part knows',
      { allOf: [takes({ type: 'string' })], unevaluatedProperties: false },
      { a: 'x' },
      { a: 'x', zzzz: 1 },
      '/zzzz',
    ],
    [
      'a union by a constant',
      takes({
        oneOf: [
          { type: 'object', properties: { k: { const: 'x' }, n: { type: 'integer' } }, required: ['k', 'n'] },
          { type: 'object', properties: { k: { const: 'y' } }, required: ['k'] },
        ],
      }),
      { a: { k: 'x', n: 1 } },
      { a: { k: 'x', n: {} } },
      '/a/n',
    ],
    [
      'a union of types, as pydantic writes it',
      takes({ anyOf: [{ type: 'integer' }, { type: 'null' }], default: null, title: 'A' }),
      { a: null },
      { a: {} },
      '/a',
    ],
    [
      'a discriminator of OpenAPI',
      takes(
        { oneOf: [{ $ref: '#/definitions/point' }], discriminator: { propertyName: 'kind' } },
        { definitions: { point } },
      ),
      { a: { x: 1 } },
      { a: {} },
      '/a/x',
    ],
    [
      'conditions',
      { type: 'object', if: { properties: { a: { const: 1 } } }, then: { required: ['b'] } },
      { a: 1, b: 1 },
      { a: 1 },
      '/b',
    ],
    [
      'limits on lists',
      takes({ type: 'array', minItems: 1, maxItems: 2, uniqueItems: true }),
      { a: [1] },
      { a: [1, 1] },
      '/a',
    ],
    ['what a list must contain', takes({ type: 'array', contains: { const: 1 } }), { a: [1] }, { a: [2] }, '/a'],
    ['steps of numbers', takes({ type: 'number', multipleOf: 0.5 }), { a: 1.5 }, { a: 1.2 }, '/a'],
    [
      'a schema that is true, and one that is false',
      { type: 'object', properties: { a: true, b: false } },
      { a: 1 },
      { b: 1 },
      '/b',
    ],
    [
      'a pattern that is none with the flag u',
      takes({ type: 'string', pattern: '^https\\:\\/\\/[\\w-.]+' }),
      { a: 'https://x-y.z' },
      { a: 'x' },
      '/a',
    ],
    ['the pattern of an e-mail address of zod', takes(z.toJSONSchema(z.email())), { a: 'a@b.co' }, { a: 'x' }, '/a'],
    [
      'a key of which JavaScript has one itself',
      { type: 'object', required: ['constructor'], properties: { constructor: { type: 'string' } } },
      { constructor: 'x' },
      {},
      '/constructor',
    ],
    [
      'keys with slashes',
      { type: 'object', properties: { 'a/b~c': { type: 'integer' } } },
      { 'a/b~c': 1 },
      { 'a/b~c': {} },
      '/a~1b~0c',
    ],
  ]

const object = (properties: JsonSchema, more: JsonSchema = {}) => ({ type: 'object', properties, ...more })
const text = { type: 'string' }

/**
 * Shortened schemas of public servers that other clients fail on: where it was seen, what fits it, and what does not.
 */
const SEEN: readonly (readonly [
  where: string,
  schema: JsonSchema,
  fits: readonly unknown[],
  others: readonly (readonly [value: unknown, path: string])[],
])[] = [
  [
    'github/github-mcp-server, custom_properties_write: fields named properties and required, closed forms, null in a form',
    object(
      {
        properties: {
          type: 'array',
          items: {
            oneOf: [
              object(
                { name: text, value: { oneOf: [text, { type: 'array', items: text }, { type: 'null' }] } },
                { required: ['name', 'value'], additionalProperties: false },
              ),
              object(
                { name: text, required: { type: 'boolean' }, value_type: { type: 'string', enum: ['string', 'url'] } },
                { required: ['name', 'value_type'], additionalProperties: false },
              ),
            ],
          },
        },
      },
      { required: ['properties'] },
    ),
    [{ properties: [{ name: 'a', value: null }] }, { properties: [{ name: 'a', value_type: 'url', required: true }] }],
    [
      [{ properties: [{ name: 'a' }] }, '/properties/0/value'],
      [{}, '/properties'],
    ],
  ],
  [
    'github/github-mcp-server, create_repository_ruleset: a type beside a reference, lists that may be null',
    object(
      { ref: { $ref: '#/$defs/name', type: 'object' } },
      {
        $defs: { name: object({ include: { type: ['null', 'array'], items: text } }, { required: ['include'] }) },
        additionalProperties: false,
      },
    ),
    [{ ref: { include: null } }, { ref: { include: ['a'] } }],
    [[{ ref: {} }, '/ref/include']],
  ],
  [
    'cognizant-ai-lab/neuro-san#1341: a reference for the root, into components',
    { $ref: '#/components/schemas/Chat', components: { schemas: { Chat: object({ a: text }, { required: ['a'] }) } } },
    [{ a: 'x' }],
    [[{}, '/a']],
  ],
  [
    'anthropics/claude-code#88049: forms at the root, without a type',
    {
      anyOf: [
        object({ kind: { const: 'a' }, n: { type: 'integer' } }, { required: ['kind', 'n'] }),
        object({ kind: { const: 'b' }, t: text }, { required: ['kind', 't'] }),
      ],
    },
    [
      { kind: 'a', n: 1 },
      { kind: 'b', t: 'x' },
    ],
    [
      [{ kind: 'c' }, '/kind'],
      [{ kind: 'b' }, '/t'],
    ],
  ],
  [
    'a sealed class of Kotlin: a name that is no address, forms by reference at the root',
    {
      $id: 'SealedBase',
      type: 'object',
      oneOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/B' }],
      $defs: {
        A: object({ type: { const: 'A' }, p: text }, { required: ['type', 'p'], additionalProperties: false }),
        B: object({ type: { const: 'B' }, q: { type: 'number' } }, { required: ['type', 'q'] }),
      },
    },
    [
      { type: 'A', p: 'x' },
      { type: 'B', q: 1.5 },
    ],
    [[{ type: 'A' }, '/p']],
  ],
  [
    'baruchiro/paperless-mcp#138: a type or null',
    object({ correspondent: { type: ['number', 'null'] } }),
    [{ correspondent: null }, { correspondent: 3 }],
    [[{ correspondent: 'Ada' }, '/correspondent']],
  ],
  [
    'nocobase/nocobase#9411, typesense/typesense#3059: a list of nobody knows what',
    object({ list: { type: 'array' } }, { required: ['list'] }),
    [{ list: [1, 'a', null, {}] }],
    [[{}, '/list']],
  ],
  [
    'memesio, caption_template: items of any kind, in a number',
    object({ captions: { type: 'array', minItems: 1, maxItems: 2, items: {} } }),
    [{ captions: ['a', { b: 1 }] }],
    [[{ captions: [] }, '/captions']],
  ],
  [
    'an MCP server that says its dialect alone',
    { $schema: 'http://json-schema.org/draft-07/schema#' },
    [{}, { a: [1] }],
    [],
  ],
  ['an MCP server whose dialect is no address', { $schema: 'x', type: 'object' }, [{}], []],
  [
    'pydantic: a reference or null, with null for a default and titles',
    object(
      { id: { anyOf: [{ $ref: '#/$defs/Id' }, { type: 'null' }], default: null, title: 'Id' } },
      { $defs: { Id: { type: 'integer', minimum: 1 } } },
    ),
    [{ id: 4 }, { id: null }],
    [[{ id: 0 }, '/id']],
  ],
  [
    'schemars: whole numbers of 32 bits or null, choices that are described one by one, a default around a reference',
    object(
      {
        limit: { type: ['integer', 'null'], format: 'uint32', minimum: 0.0 },
        mode: { default: 'fast', allOf: [{ $ref: '#/definitions/Mode' }] },
      },
      { definitions: { Mode: { oneOf: [{ enum: ['fast'] }, { enum: ['slow'] }] } } },
    ),
    [
      { limit: 3, mode: 'slow' },
      { limit: null, mode: 'fast' },
    ],
    [
      [{ limit: -1 }, '/limit'],
      [{ mode: 'quick' }, '/mode'],
    ],
  ],
  [
    'fields that are named like keywords, among them $ref',
    object(
      {
        type: text,
        items: { type: 'integer' },
        enum: { type: 'array' },
        $ref: text,
        if: text,
        const: text,
        anyOf: text,
      },
      { required: ['items'], additionalProperties: false },
    ),
    [{ type: 'x', items: 1, enum: ['a'], $ref: '#/nothing', if: 'i', const: 'c', anyOf: 'a' }],
    [[{ type: 'x' }, '/items']],
  ],
  [
    'Anthropic, computer use: a pair of coordinates',
    object(
      {
        action: { enum: ['key', 'click'] },
        at: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'integer' } },
      },
      { required: ['action'] },
    ),
    [{ action: 'click', at: [1, 2] }],
    [[{ action: 'click', at: [1] }, '/at']],
  ],
  [
    'OpenAI, strict: every field is required, and may be null',
    object(
      { q: text, n: { type: ['integer', 'null'] }, m: { anyOf: [text, { type: 'null' }] } },
      { required: ['q', 'n', 'm'], additionalProperties: false },
    ),
    [{ q: 'x', n: null, m: null }],
    [
      [{ q: 'x', n: null }, '/m'],
      [{ q: 'x', n: null, m: null, z: 1 }, '/z'],
    ],
  ],
  [
    'payments: amounts of whole cents, which floats do not divide',
    object({ price: { type: 'number', multipleOf: 0.01 } }),
    [{ price: 19.99 }, { price: 0.07 }, { price: 1.1 }, { price: 123_456.78 }],
    [[{ price: 19.995 }, '/price']],
  ],
]

describe('a schema that a public server lists', () => {
  it.each(SEEN)('accepts what fits, and refuses the rest with its path: %s', async (_, schema, fits, others) => {
    for (const value of fits) {
      expect(await make(schema).call(value)).toEqual(value)
      expect(await make(schema).call(JSON.stringify(value))).toEqual(value)
    }
    for (const [value, path] of others) {
      expect((await issuesOf(schema, value)).map((issue) => issue.path)).toContain(path)
    }
  })
})

describe('a schema with a feature of public tools', () => {
  it('is one of many', () => expect(FEATURES.length).toBeGreaterThanOrEqual(40))

  it.each(FEATURES)(
    'accepts what fits, and refuses the rest with its path: %s',
    async (_, schema, fits, other, path) => {
      expect(await make(schema).call(fits)).toEqual(fits)
      expect(await make(schema).call(JSON.stringify(fits))).toEqual(fits)
      expect((await issuesOf(schema, other)).map((issue) => issue.path)).toContain(path)
    },
  )

  it('works as part of another schema too, together with any other', async () => {
    const features = fc.constantFrom(...FEATURES.filter(([, schema]) => !JSON.stringify(schema).includes('"$')))
    await fc.assert(
      fc.asyncProperty(fc.array(features, { minLength: 1, maxLength: 4 }), async (chosen) => {
        // References would have another target.
        const parts = chosen.filter(([, schema]) => !JSON.stringify(schema).includes('ref'))
        const properties = Object.fromEntries(parts.map(([, schema], index) => [`part${index}`, schema]))
        const fits = Object.fromEntries(parts.map(([, , fits], index) => [`part${index}`, fits]))
        const schema = { type: 'object', properties, additionalProperties: false }
        expect(await make(schema).call(fits)).toEqual(fits)
        for (const [index, [, , , other, path]] of parts.entries()) {
          if (typeof other === 'string') continue
          const issues = await issuesOf(schema, { ...fits, [`part${index}`]: other })
          expect(issues.map((issue) => issue.path)).toContain(`/part${index}${path}`)
        }
      }),
    )
  })
})

describe('a schema that cannot be used', () => {
  it.each<readonly [string, unknown, RegExp]>([
    ['a type that there is not', takes({ type: 'banana' }), /\/properties\/a\/type .*string/],
    ['text for a schema', takes('string'), /\/properties\/a is "string"/],
    ['no choice', takes({ enum: [] }), /\/properties\/a\/enum has no choice/],
    ['required that is a text', takes({}, { required: 'a' }), /\/required must be array/],
    [
      'a reference to nothing',
      takes({ $ref: '#/definitions/a' }),
      /\/properties\/a\/\$ref refers to '#\/definitions\/a'/,
    ],
    [
      'a reference to elsewhere',
      takes({ $ref: 'https://example.com/a.json' }),
      /\/properties\/a\/\$ref refers to 'https/,
    ],
    ['no pattern', takes({ pattern: '(' }), /\/properties\/a\/pattern '\(' is not a pattern/],
    [
      '__proto__ among its fields',
      JSON.parse('{"properties":{"a":{"properties":{"__proto__":{}}}}}'),
      /\/properties\/a declares __proto__/,
    ],
    ['__proto__ among what it requires', takes({ required: ['__proto__'] }), /\/properties\/a declares __proto__/],
    ['a schema of zod 3', z3.object({ a: z3.number() }), /zod 3 cannot do it: use zod 4/],
    [
      'a schema of zod before 3.24',
      withoutStandard(z3.object({ a: z3.number() })),
      /it is a schema of zod 3; use zod 4/,
    ],
    ['a schema of a library without JSON Schema', ofLibrary('ours'), /ours does not offer Standard JSON Schema/],
    ['a schema of nobody', ofLibrary(undefined), /its library does not offer/],
    ['a date of zod', z.object({ a: z.object({ b: z.date() }) }), /\/a\/b .*Date/],
    ['a schema of valibot alone', v.object({ a: v.number() }), /toStandardJsonSchema/],
    ['a list', [], /array/],
    ['a class', Date, /function/],
    ['fields nested without an end', nested(300), /nested deeper/],
    ['so many fields that compiling them blocks the process', wide(10_001), /the schema has more than 10000 parts/],
  ])('says which part of which tool, when it is made: %s', (_, parameters, message) => {
    const attempt = () => make(parameters as Schema)
    expect(attempt).toThrow(message)
    expect(attempt).toThrow(/`parameters`/)
    if (!Array.isArray(parameters)) expect(attempt).toThrow(/tool 'act'/)
  })

  function withoutStandard<S extends object>(schema: S): S {
    delete (schema as { '~standard'?: unknown })['~standard']
    return schema
  }

  function ofLibrary(vendor: string | undefined): unknown {
    return { '~standard': { version: 1, vendor, validate: (value: unknown) => ({ value }) } }
  }

  function wide(count: number): JsonSchema {
    return { properties: Object.fromEntries(Array.from({ length: count }, (_, field) => [`f${field}`, {}])) }
  }

  function nested(depth: number): JsonSchema {
    return depth === 0 ? {} : { type: 'object', properties: { a: nested(depth - 1) } }
  }
})

describe('a schema that converts values or is asynchronous', () => {
  it.each<readonly [string, Schema]>([
    ['zod', z.object({ a: z.number() })],
    ['arktype', type({ a: 'number' })],
    ['valibot', toStandardJsonSchema(v.object({ a: v.number() }))],
  ])('of %s coerces and refuses with a path', async (_, schema) => {
    expect(await make(schema).call('{"a":"5"}')).toEqual({ a: 5 })
    expect((await issuesOf(schema, { a: 'five' })).map(({ path }) => path)).toEqual(['/a'])
  })

  it('refuses a value on which it throws', async () => {
    const parsed = z.object({ a: z.string().transform((text) => JSON.parse(text) as unknown) })
    expect(await make(parsed).call({ a: '[1]' })).toEqual({ a: [1] })
    expect((await issuesOf(parsed, { a: '[' }))[0]!.message).toMatch(/threw SyntaxError/)
    const late = {
      '~standard': { version: 1, vendor: 'ours', validate: () => Promise.reject(new SyntaxError('late')) },
    } as const
    expect(await compileSchema(late).validate({})).toMatchObject({
      ok: false,
      issues: [{ message: expect.stringMatching(/threw SyntaxError: late/) }],
    })
  })

  it('of zod waits for its asynchronous checks, and names the path that they refuse', async () => {
    const cities = z.object({ a: z.object({ b: z.string().refine(async (city) => city === 'Oslo', 'is no city') }) })
    expect(await make(cities).call('{"a":{"b":"Oslo",}}')).toEqual({ a: { b: 'Oslo' } })
    expect(await issuesOf(cities, { a: { b: 'Olso' } })).toEqual([{ path: '/a/b', message: 'is no city' }])
  })

  it('may return the promise of another library, and have path segments that are objects', async () => {
    const standard = (validate: (value: unknown) => unknown) =>
      ({ '~standard': { version: 1, vendor: 'ours', validate } }) as Schema
    const thenable = (result: unknown) => ({
      then: (resolve: (result: unknown) => void) => resolve(result),
    })
    const late = compileSchema(standard((value) => thenable({ value })))
    expect(await late.validate({ a: 1 })).toEqual({ ok: true, value: { a: 1 } })
    const paths = [[{ key: 'a/b' }, 0], ['c'], undefined]
    const refusing = compileSchema(standard(() => ({ issues: paths.map((path) => ({ message: 'no', path })) })))
    expect(await refusing.validate({})).toEqual({
      ok: false,
      issues: ['/a~1b/0', '/c', ''].map((path) => ({ path, message: 'no' })),
    })
  })

  it('does not delay a call that was aborted or has timed out', async () => {
    const runs: unknown[] = []
    const never = z.object({ a: z.string().refine(() => new Promise<boolean>(() => {})) })
    const leave = new AbortController()
    const act = tool({ name: 'act', description: 'Acts', parameters: never, run: (args: unknown) => runs.push(args) })
    const call = act.call({ a: 'x' }, { signal: leave.signal })
    await new Promise(setImmediate)
    leave.abort(new Error('gone'))
    await expect(call).rejects.toThrow('gone')
    expect(runs).toEqual([])
  })

  it('accepts what the Standard Schema accepts, though its JSON Schema cannot express it', async () => {
    const token = z.object({
      id: z.number(),
      token: z.string().regex(/^[a-z0-9]+$/i),
      due: z.string().nullable().optional(),
    })
    const args = { id: '7', token: 'AbC9xY', due: null }
    expect(await make(token).call(args)).toEqual({ ...args, id: 7 })
  })
})

describe('defaults', () => {
  const schema = takes({ type: 'integer', default: 5 }, { required: ['a'] })

  it('of a JSON Schema are filled in, and the arguments of the caller are not changed', async () => {
    const args = {}
    expect(await make(schema).call(args)).toEqual({ a: 5 })
    expect(args).toEqual({})
    expect(compileSchema(schema).validate(args)).toEqual({ ok: true, value: { a: 5 } })
    expect(args).toEqual({})
    expect(await make(takes({ type: 'object', properties: { b: { default: [1] } } })).call({ a: {} })).toEqual({
      a: { b: [1] },
    })
  })

  it('that their own schema refuses are not filled in', async () => {
    expect(await make(takes({ type: 'string', default: null })).call({})).toEqual({})
    expect(await make(takes({ anyOf: [{ type: 'string' }, { type: 'null' }], default: null })).call({})).toEqual({
      a: null,
    })
  })
})

describe('a list whose members must differ', () => {
  const unique = takes({ type: 'array', uniqueItems: true })

  it.each([
    [[]],
    [[1, 1]],
    [[1, '1']],
    [['x', 'y', 'x']],
    [[0, -0]],
    [[null, null]],
    [[null, 'null']],
    [
      [
        [1, 2],
        [2, 1],
      ],
    ],
    [[[1], [1]]],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
    [[{ a: [{ x: 1, y: 2 }] }, { a: [{ y: 2, x: 1 }] }]],
    [[{ a: 1 }, '{}{"a":1}']],
    [[{ a: 1 }, { a: '1' }, { a: 1, b: undefined }]],
    [[[], {}]],
    [[{ a: undefined }, {}]],
  ])('is what Ajv takes for one: %j', async (a) => {
    const fits = new Ajv2020().validate(unique, { a })
    const outcome = await make(unique)
      .call({ a })
      .then(
        () => true,
        (error: unknown) => (RepairFailedError.isInstance(error) ? error.issues[0]!.path : error),
      )
    expect(outcome).toBe(fits || '/a')
  })

  it('has an issue that names the duplicates', async () => {
    const [issue] = await issuesOf(unique, { a: [{ b: 1 }, { b: 2 }, { b: 1 }] })
    expect(issue).toMatchObject({ path: '/a', message: expect.stringContaining('items ## 2 and 0 are identical') })
  })

  it('may have duplicates if the schema allows it', async () => {
    const any = takes({ type: 'array', uniqueItems: false })
    expect(await make(any).call({ a: [1, 1] })).toEqual({ a: [1, 1] })
  })

  it('is compared in linear time: Ajv takes half a minute for 20,000 objects', async () => {
    const a = Array.from({ length: 20_000 }, (_, b) => ({ b }))
    expect(await make(unique).call({ a })).toEqual({ a })
  })
})
