/** An expression of the ARM template language or of the workflow definition language: their grammars are the same. */
export type Expression =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'call'; name: string; args: readonly Expression[] }
  /** `of.key`, `of[key]`; with `isOptional`, `of?.key` and `of?[key]`, which are null where `of` is. */
  | { kind: 'member'; of: Expression; key: Expression; isOptional: boolean }
