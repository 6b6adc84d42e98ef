import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { jsonrepair } from 'jsonrepair'
import {
  compileSchema,
  type JsonSchema,
  RepairFailedError,
  type RepairRequest,
  retryWithRepair,
} from 'llmops-middleware/repair'
import { type Broken, brokenArguments, KINDS } from '../packages/llmops-middleware/test/support/broken-arguments.ts'
import type { BenchRow } from './row.ts'

export const title = 'Broken arguments: what is repaired at no cost, to what was meant or not, and what asking costs'

const CORPUS = new URL('../packages/llmops-middleware/src/repair/fixtures/corpus.json', import.meta.url)

type Case = { readonly schema: string; readonly text: string; readonly meant: unknown; readonly needsModel: boolean }

export async function run(): Promise<BenchRow[]> {
  const { schemas, cases }: { schemas: Record<string, JsonSchema>; cases: Case[] } = JSON.parse(
    await readFile(CORPUS, 'utf8'),
  )
  const ours = await score(cases, (example) =>
    retryWithRepair((args) => args, example.text, { schema: schemas[example.schema]!, effect: 'read' }),
  )
  const theirs = await score(cases, async (example) => {
    const value: unknown = JSON.parse(jsonrepair(example.text))
    const validation = await compileSchema(schemas[example.schema]!).validate(value)
    if (!validation.ok) throw new RepairFailedError(validation.issues, value, 0, 'not valid')
    return value
  })
  const asked = cases.filter(({ needsModel }) => needsModel)
  const sizes = await Promise.all(asked.map((example) => promptBytes(example, schemas[example.schema]!)))
  const partial = sum(sizes.map(({ ours }) => ours)) / sizes.length
  const whole = sum(sizes.map(({ plain }) => plain)) / sizes.length
  return [
    {
      name: 'repaired without a model, and as meant',
      value: `${ours.right} of ${cases.length}`,
      baseline: `${theirs.right} (jsonrepair)`,
      ratio: ours.right / theirs.right,
    },
    {
      name: 'repaired to something else',
      value: `${ours.wrong}`,
      baseline: `${theirs.wrong} (jsonrepair)`,
      bound: 'must be 0',
    },
    ...(await generatedRows()),
    await reaskRow(),
    {
      name: 'prompt of a re-ask',
      value: `${partial.toFixed(0)} bytes`,
      baseline: `${whole.toFixed(0)} bytes`,
      ratio: partial / whole,
      bound: 'compared with schema, arguments and error after a conversation of 2 kB',
    },
  ]
}

const PAIRS = 4_000
const SEED = 1

type Outcome = 'right' | 'refused' | 'wrong'

/** Generated arguments, each with one error, for a tool with an effect; the other way is jsonrepair, and then Ajv. */
async function generatedRows(): Promise<BenchRow[]> {
  const pairs = [...brokenArguments(PAIRS, SEED)]
  const ours = await tally(pairs, ({ schema, text }) => repairGenerated(schema, text))
  const theirs = await tally(pairs, async ({ schema, text }) => {
    const validation = await compileSchema(schema).validate(JSON.parse(jsonrepair(text)))
    if (!validation.ok) throw new RepairFailedError(validation.issues, text, 0, 'not valid')
    return validation.value
  })
  const spelled = pairs.filter(({ text, reading }) => reading === 'one' && !isJson(text))
  const oursMs = await timeOf(spelled, ({ schema, text }) => repairGenerated(schema, text))
  const theirsMs = await timeOf(spelled, async ({ text }) => JSON.parse(jsonrepair(text)))
  const of = `of ${pairs.length}, ${KINDS.length} kinds of errors`
  return [
    {
      name: `run on what was meant ${of}`,
      value: `${ours.right}`,
      baseline: `${theirs.right} (jsonrepair, Ajv)`,
      ratio: ours.right / theirs.right,
    },
    {
      name: `run on something else ${of}`,
      value: `${ours.wrong}`,
      baseline: `${theirs.wrong} (jsonrepair, Ajv)`,
      bound: 'must be 0',
    },
    {
      name: 'repair, validation and call of another spelling',
      value: `${((1000 * oursMs) / spelled.length).toFixed(1)} µs`,
      baseline: `${((1000 * theirsMs) / spelled.length).toFixed(1)} µs (jsonrepair alone)`,
      ratio: oursMs / theirsMs,
      bound: 'at most 3',
    },
  ]
}

/**
 * What asking the model again costs if its answer is then right: this repair, which asks only where it cannot repair at
 * no cost, and a plain one that asks for every invalid call.
 */
async function reaskRow(): Promise<BenchRow> {
  const pairs = [...brokenArguments(PAIRS, SEED)]
  const ours = { tokens: 0, successes: 0 }
  const plain = { tokens: 0, successes: 0 }
  for (const { schema, text, meant } of pairs) {
    const askModel = async ({ messages }: RepairRequest) => {
      const { schema: part } = JSON.parse(messages[1].content) as { schema: JsonSchema }
      const answer = answerTo(part, meant)
      ours.tokens += countTokens(JSON.stringify(messages)) + countTokens(answer)
      return answer
    }
    const value = await retryWithRepair((args) => args, text, { schema, askModel }).catch(() => undefined)
    if (isDeepStrictEqual(value, meant)) ours.successes++
    if (!(await isValidAsItIs(schema, text))) {
      const said = CONVERSATION + JSON.stringify(schema) + text + text
      plain.tokens += countTokens(said) + countTokens(JSON.stringify(meant))
    }
    plain.successes++
  }
  const perSuccess = ours.tokens / ours.successes
  const perPlainSuccess = plain.tokens / plain.successes
  return {
    name: `tokens of re-asks for each of ${ours.successes} successes`,
    value: perSuccess.toFixed(0),
    baseline: `${perPlainSuccess.toFixed(0)} (re-asking all)`,
    ratio: perSuccess / perPlainSuccess,
    bound: 'without answers; a plain re-ask follows a conversation of 2 kB',
  }
}

/** What a good model answers: the fields that it is asked for. */
function answerTo(part: JsonSchema, meant: Readonly<Record<string, unknown>>): string {
  const names = Object.keys((part['properties'] ?? {}) as object)
  return JSON.stringify(Object.fromEntries(names.filter((name) => name in meant).map((name) => [name, meant[name]])))
}

async function isValidAsItIs(schema: JsonSchema, text: string): Promise<boolean> {
  return isJson(text) && (await compileSchema(schema).validate(JSON.parse(text))).ok
}

function repairGenerated(schema: JsonSchema, text: string): Promise<unknown> {
  return retryWithRepair((args) => args, text, { schema })
}

async function tally(pairs: readonly Broken[], repair: (broken: Broken) => Promise<unknown>) {
  const counts: Record<Outcome, number> = { right: 0, refused: 0, wrong: 0 }
  for (const broken of pairs) {
    const value = await repair(broken).catch(() => undefined)
    counts[value === undefined ? 'refused' : isDeepStrictEqual(value, broken.meant) ? 'right' : 'wrong']++
  }
  return counts
}

/** The fastest of several runs over all pairs, in milliseconds. */
async function timeOf(pairs: readonly Broken[], repair: (broken: Broken) => Promise<unknown>): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5; run++) {
    const startedMs = performance.now()
    for (const broken of pairs) await repair(broken).catch(() => {})
    fastest = Math.min(fastest, performance.now() - startedMs)
  }
  return fastest
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function score(cases: readonly Case[], repairCase: (example: Case) => Promise<unknown>) {
  let right = 0
  let wrong = 0
  for (const example of cases) {
    const value = await repairCase(example).catch(() => undefined)
    if (value === undefined) continue
    // A value that only a model can know must not be repaired by luck.
    if (!example.needsModel && isDeepStrictEqual(value, example.meant)) right++
    else wrong++
  }
  return { right, wrong }
}

/** What a plain re-ask sends: everything said so far, and the error. */
const CONVERSATION_BYTES = 2000
const CONVERSATION = 'The customer asks where the order is. '.repeat(CONVERSATION_BYTES / 38)

async function promptBytes({ text, meant }: Case, schema: JsonSchema) {
  let ours = 0
  const askModel = async ({ messages }: RepairRequest) => {
    ours += Buffer.byteLength(JSON.stringify(messages))
    return JSON.stringify(meant)
  }
  await retryWithRepair((args) => args, text, { schema, askModel, effect: 'read' }).catch(() => {})
  return { ours, plain: CONVERSATION_BYTES + Buffer.byteLength(JSON.stringify(schema)) + 2 * Buffer.byteLength(text) }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
