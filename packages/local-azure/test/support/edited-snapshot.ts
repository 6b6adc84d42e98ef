import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type AtEnd, SNAPSHOT_FILE } from './start-test-platform.ts'

type Properties = Record<string, unknown>
type EditableResource = { id: string; type: string; name: string; properties: Properties; sku?: Properties }

/** A copy of the committed snapshot in which a test has changed one resource. */
export function editedSnapshot(
  type: string,
  edit: (properties: Properties, resource: EditableResource) => void,
  atEnd: AtEnd = onTestFinished,
): string {
  const snapshot = JSON.parse(readFileSync(SNAPSHOT_FILE, 'utf8')) as { predictedResources: EditableResource[] }
  const resource = snapshot.predictedResources.find((candidate) => candidate.type === type)
  if (resource === undefined) throw new Error(`The snapshot has no ${type}.`)
  edit(resource.properties, resource)
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
  atEnd(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'main.snapshot.json')
  writeFileSync(file, JSON.stringify(snapshot))
  return file
}
