import type { WireFormat } from '../wire-format.ts'

export const NO_FIELDS: ReadonlySet<string> = new Set()

/** Endpoints come from requests, so this memory is bounded. */
const MAX_REMEMBERED = 1000

/** The added fields that endpoints refuse: known by their URL, or learned from their errors. */
export class RefusedFields {
  readonly #learned = new Map<string, ReadonlySet<string>>()

  /** Returns the fields that a model refuses at an endpoint; behind a gateway, models differ. */
  at({ refusedFields }: WireFormat, url: URL, model: string): ReadonlySet<string> {
    const learned = this.#learned.size === 0 ? undefined : this.#learned.get(keyOf(url, model))
    return learned ?? refusedFields?.(url) ?? NO_FIELDS
  }

  learn(url: URL, model: string, refused: ReadonlySet<string>): void {
    if (this.#learned.size >= MAX_REMEMBERED) this.#learned.clear()
    this.#learned.set(keyOf(url, model), refused)
  }
}

function keyOf(url: URL, model: string): string {
  return `${url.href} ${model}`
}

/**
 * Returns the added fields of a request that the provider's error names.
 *
 * @param sent the text of the request
 * @param answer the text of a 400 or 422
 */
export function fieldsNamed({ addedFields = [] }: WireFormat, sent: string, answer: string): readonly string[] {
  return addedFields.filter((field) => answer.includes(field) && sent.includes(`"${field}":`))
}
