import type { WireFormat } from '../wire-format.ts'

export const NO_FIELDS: ReadonlySet<string> = new Set()

/** Endpoints come from requests, so what is remembered of them is bounded. */
const MAX_REMEMBERED = 1000

/** What endpoints have refused of the fields that a format adds: known ones by their URL, others once they have said so. */
export class RefusedFields {
  readonly #learned = new Map<string, ReadonlySet<string>>()

  /** Of one model at one endpoint: behind a gateway, models differ. */
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
 * The fields that a format may have added to a request, and that the answer to it names as what is wrong.
 *
 * @param sent the request's text, @param answer the text of a 400 or 422
 */
export function fieldsNamed({ addedFields = [] }: WireFormat, sent: string, answer: string): readonly string[] {
  return addedFields.filter((field) => answer.includes(field) && sent.includes(`"${field}":`))
}
