import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { jsonrepair } from 'jsonrepair'
import {
  compileSchema,
  type JsonSchema,
  RepairFailedError,
  type RepairRequest,
  retryWithRepair,
} from 'llmops-middleware/repair'
import type { BenchRow } from './row.ts'

export const title = 'Broken arguments of 70 kinds: what is mended for nothing, and what asking costs'

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
      name: 'mended without a model, and as meant',
      value: `${ours.right} of ${cases.length}`,
      baseline: `${theirs.right} (jsonrepair)`,
      ratio: ours.right / theirs.right,
    },
    {
      name: 'mended to something else',
      value: `${ours.wrong}`,
      baseline: `${theirs.wrong} (jsonrepair)`,
      bound: 'must be 0',
    },
    {
      name: 'prompt of a re-ask',
      value: `${partial.toFixed(0)} bytes`,
      baseline: `${whole.toFixed(0)} bytes`,
      ratio: partial / whole,
      bound: 'beside schema, arguments and error put behind a conversation of 2 kB',
    },
  ]
}

async function score(cases: readonly Case[], mend: (example: Case) => Promise<unknown>) {
  let right = 0
  let wrong = 0
  for (const example of cases) {
    const value = await mend(example).catch(() => undefined)
    if (value === undefined) continue
    // What only a model can know is not mended right by luck.
    if (!example.needsModel && isDeepStrictEqual(value, example.meant)) right++
    else wrong++
  }
  return { right, wrong }
}

/** What a plain re-ask sends: everything said so far, and the error. */
const CONVERSATION_BYTES = 2000

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
