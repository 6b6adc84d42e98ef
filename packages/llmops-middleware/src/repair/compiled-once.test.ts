import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { compileSchema, retryWithRepair } from './index.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const fresh = (index = 0) => ({
  $id: 'https://example.com/tool.json',
  type: 'object',
  properties: { city: { type: 'string', minLength: index }, list: { type: 'array', items: [{ type: 'string' }] } },
})

describe('schemas that are created many times', () => {
  it('are compiled once for their content, and may have the same name', async () => {
    expect(compileSchema(fresh())).toBe(compileSchema(fresh()))
    expect(compileSchema(fresh(1))).not.toBe(compileSchema(fresh()))
    expect(await retryWithRepair((args) => args, { city: 'Oslo' }, { schema: fresh(2) })).toEqual({ city: 'Oslo' })
  })

  it('are dropped beyond 500 contents, the least recently used first; an object has its own cache', () => {
    const schema = fresh(1_000)
    const [old, used] = [compileSchema(schema), compileSchema(fresh(1_001))]
    const others = Array.from({ length: 499 }, (_, index) => compileSchema(fresh(2_000 + index)))
    expect(compileSchema(fresh(1_001))).toBe(used)
    expect(compileSchema(fresh(2_000))).toBe(others[0])
    expect(compileSchema(fresh(2_498))).toBe(others[498])
    expect(compileSchema(fresh(1_000))).not.toBe(old)
    expect(compileSchema(schema)).toBe(old)
    // 1,001, 2,000 and 2,498 were used last, so 2,001 was dropped.
    expect(compileSchema(fresh(2_001))).not.toBe(others[1])
    expect(compileSchema(fresh(1_001))).toBe(used)
  })

  it('use less than 500 kB for 3,000 of them', () => {
    const heapAfter = (count: number) => {
      for (let index = 0; index < count; index++) compileSchema(fresh())
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    const before = heapAfter(100)
    expect(heapAfter(3_000) - before).toBeLessThan(500_000)
  })
})
