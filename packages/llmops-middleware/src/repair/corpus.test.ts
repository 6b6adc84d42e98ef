import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type JsonSchema, RepairFailedError, retryWithRepair } from './index.ts'

type Corpus = {
  readonly schemas: Readonly<Record<string, JsonSchema>>
  readonly cases: readonly {
    readonly name: string
    readonly schema: string
    readonly text: string
    /** What was meant. A repair with any other result is wrong. */
    readonly meant: unknown
    readonly needsModel: boolean
    /** Something is missing or too much. For an effect this goes to the model too. */
    readonly isForReadersOnly?: boolean
  }[]
}

const { schemas, cases }: Corpus = JSON.parse(
  await readFile(join(import.meta.dirname, 'fixtures', 'corpus.json'), 'utf8'),
)
const free = cases.filter(({ needsModel }) => !needsModel)

function repair({ schema, text }: Corpus['cases'][number], effect: 'read' | 'effect'): Promise<unknown> {
  return retryWithRepair((args) => args, text, { schema: schemas[schema]!, effect })
}

describe('arguments as models break them', () => {
  it.each(free)('are repaired at no cost, to what was meant: $name', async (example) => {
    expect(await repair(example, 'read')).toEqual(example.meant)
  })

  it.each(free.filter(({ isForReadersOnly }) => !isForReadersOnly))(
    'are repaired for an effect too: $name',
    async (example) => {
      expect(await repair(example, 'effect')).toEqual(example.meant)
    },
  )

  it.each(free.filter(({ isForReadersOnly }) => isForReadersOnly))(
    'are left to the model for an effect: $name',
    async (example) => {
      await expect(repair(example, 'effect')).rejects.toBeInstanceOf(RepairFailedError)
    },
  )

  it.each(cases.filter(({ needsModel }) => needsModel))(
    'are left to the model where it takes a guess: $name',
    async (example) => {
      await expect(repair(example, 'read')).rejects.toBeInstanceOf(RepairFailedError)
    },
  )
})
