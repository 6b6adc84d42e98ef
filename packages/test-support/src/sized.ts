/** The sizes of `pnpm test:fast`, `pnpm test` and `pnpm test:soak`. */
export type Size = 'fast' | 'test' | 'soak'

export function isSize(name: unknown): name is Size {
  return name === 'fast' || name === 'test' || name === 'soak'
}

/** Set by the command; `test` where a test is run in another way. */
export const size: Size = isSize(process.env['TEST_SIZE']) ? process.env['TEST_SIZE'] : 'test'

/** A number, or milliseconds, of a test whose size the command chooses. */
export function sized({ test, soak }: { readonly test: number; readonly soak: number }): number {
  return size === 'soak' ? soak : test
}
