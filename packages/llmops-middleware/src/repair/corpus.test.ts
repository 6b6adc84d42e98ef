import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileSchema, type JsonSchema } from './index.ts'
import { repairFreely } from './repair-freely.ts'

type Corpus = {
  readonly schemas: Readonly<Record<string, JsonSchema>>
  readonly cases: readonly {
    readonly name: string
    readonly schema: string
    readonly text: string
    /** What was meant; a repair that gives anything else is wrong. */
    readonly meant: unknown
    readonly needsModel: boolean
  }[]
}

const { schemas, cases }: Corpus = JSON.parse(
  await readFile(join(import.meta.dirname, 'fixtures', 'corpus.json'), 'utf8'),
)
const repair = ({ schema, text }: Corpus['cases'][number]) => repairFreely(compileSchema(schemas[schema]!), text)

describe('arguments as models break them', () => {
  it.each(cases.filter(({ needsModel }) => !needsModel))(
    'are mended for nothing, to what was meant: $name',
    async (example) => {
      expect(await repair(example)).toMatchObject({ ok: true, value: example.meant })
    },
  )

  it.each(cases.filter(({ needsModel }) => needsModel))(
    'are left to the model where it takes a guess: $name',
    async (example) => {
      expect(await repair(example)).toMatchObject({ ok: false })
    },
  )
})
