/** The swap was begun and did not end as it should: one sentence says how things stand, and what to do. */
export class UnfinishedError extends Error {
  override readonly name = 'UnfinishedError'
  readonly code = 'unfinished'
  /** The command that helps; absent where a person has to look first. */
  readonly remedy?: 'rollback'

  constructor(message: string, { remedy, ...options }: ErrorOptions & { readonly remedy?: 'rollback' } = {}) {
    super(message, options)
    if (remedy !== undefined) this.remedy = remedy
  }
}

/** Once the slots are swapped, a failure is no longer a refusal. */
export async function asUnfinished<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UnfinishedError) throw error
    const reason = (error as Error).message
    throw new UnfinishedError(`The slots were swapped and the healer is not armed: ${reason}`, { cause: error })
  }
}
