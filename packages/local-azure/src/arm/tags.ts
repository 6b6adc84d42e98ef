import { ArmError } from './arm-error.ts'

/**
 * The tags of one resource, changed as the Tags API changes them.
 * Source: learn.microsoft.com/rest/api/resources/tags/update-at-scope
 */
export class Tags {
  #tags: Readonly<Record<string, string>>

  constructor(tags: Readonly<Record<string, string>>) {
    this.#tags = tags
  }

  all(): Record<string, string> {
    return { ...this.#tags }
  }

  apply(body: unknown): Record<string, string> {
    const { operation, properties } = (body ?? {}) as { operation?: unknown; properties?: { tags?: unknown } }
    const given = properties?.tags
    if (typeof given !== 'object' || given === null || Object.values(given).some((tag) => typeof tag !== 'string')) {
      throw new ArmError(400, 'InvalidTags', 'properties.tags is an object whose values are strings.')
    }
    this.#tags = this.#changed(operation, given as Record<string, string>)
    return this.all()
  }

  #changed(operation: unknown, given: Record<string, string>): Record<string, string> {
    switch (operation) {
      case 'Merge':
        return { ...this.#tags, ...given }
      case 'Replace':
        return given
      case 'Delete':
        return Object.fromEntries(Object.entries(this.#tags).filter(([name]) => !(name in given)))
      default:
        throw new ArmError(400, 'InvalidOperation', 'operation is Merge, Replace or Delete.')
    }
  }
}
