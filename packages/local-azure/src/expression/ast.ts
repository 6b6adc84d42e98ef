/** An expression of the ARM template language or the workflow definition language, which have the same grammar. */
export type Expression =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'call'; name: string; args: readonly Expression[] }
  /** `of.key` or `of[key]`; with `isOptional`, `of?.key` or `of?[key]`, which is null if `of` is null. */
  | { kind: 'member'; of: Expression; key: Expression; isOptional: boolean }
