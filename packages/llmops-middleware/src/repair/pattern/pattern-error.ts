/** A pattern cannot be used: it is invalid, has another meaning in other languages, or could block the process. */
export class PatternError extends Error {}
