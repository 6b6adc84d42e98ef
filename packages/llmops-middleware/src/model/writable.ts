/**
 * A value while it is made. What may be absent is added to it field by field where calls are many: each spread of an object
 * that is mostly empty costs more than the field.
 */
export type Writable<Value> = { -readonly [Name in keyof Value]: Value[Name] }
