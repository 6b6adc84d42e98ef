/** A pattern that is not used: it is none, it means different things elsewhere, or it can block and cannot be run otherwise. */
export class PatternError extends Error {}
