/**
 * A value under construction. On hot paths optional fields are added one by one, because spreading objects that are mostly
 * empty costs more.
 */
export type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] }
