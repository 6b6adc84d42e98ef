import { readFileSync } from 'node:fs'
import { SnapshotError } from './snapshot-error.ts'

/** A resource that a deployment would create, as `bicep snapshot` predicts it. */
export type Resource = {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly properties?: Readonly<Record<string, unknown>>
  readonly [field: string]: unknown
}

export type Snapshot = { readonly file: string; readonly resources: readonly Resource[] }

/** Reads the file that `bicep snapshot` wrote. Throws a `SnapshotError` that names the file and the place. */
export function readSnapshot(file: string): Snapshot {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new SnapshotError(`cannot be read as a snapshot: ${(cause as Error).message}`, file, { cause })
  }
  const resources = (content as { predictedResources?: unknown } | null)?.predictedResources
  if (!Array.isArray(resources)) throw new SnapshotError('has no list predictedResources', file)
  resources.forEach((resource, index) => {
    if (isResource(resource)) return
    throw new SnapshotError('a resource has the strings id, type and name', `${file}: predictedResources[${index}]`)
  })
  return { file, resources }
}

/** All resources of a type. Types are case-insensitive, as in Azure. */
export function resourcesOfType(snapshot: Snapshot, type: string): readonly Resource[] {
  return snapshot.resources.filter((resource) => resource.type.toLowerCase() === type.toLowerCase())
}

/** The only resource of a type. Throws if there is none or more than one. */
export function onlyResourceOfType(snapshot: Snapshot, type: string): Resource {
  const found = resourcesOfType(snapshot, type)
  if (found.length !== 1) {
    throw new SnapshotError(`the local platform runs exactly one ${type}, but there are ${found.length}`, snapshot.file)
  }
  return found[0]!
}

export function resourceById(snapshot: Snapshot, id: string): Resource {
  const found = snapshot.resources.find((resource) => resource.id.toLowerCase() === id.toLowerCase())
  if (found === undefined) throw new SnapshotError(`there is no resource ${id}`, snapshot.file)
  return found
}

function isResource(value: unknown): value is Resource {
  const { id, type, name } = (value ?? {}) as Record<string, unknown>
  return [id, type, name].every((field) => typeof field === 'string')
}
