import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { editedSnapshot } from '../../test/support/edited-snapshot.ts'
import { startTestPlatform } from '../../test/support/start-test-platform.ts'
import { resolveSnapshot } from './resolve.ts'
import { readSnapshot } from './snapshot.ts'

describe('a snapshot', () => {
  it.each([
    ['is not there', undefined, 'cannot be read'],
    ['is not JSON', '{"predictedResources": [', 'cannot be read'],
    ['has no resources', '{}', 'has no list predictedResources'],
    ['has a resource without a type', '{"predictedResources":[{"id":"a","name":"b"}]}', 'predictedResources[0]'],
  ])('that %s stops the platform and names the place', async (_, content, message) => {
    await expect(startTestPlatform({ snapshot: fileWith(content) })).rejects.toThrow(message)
  })

  it('with an unknown expression stops the platform and names the resource and the property', async () => {
    const snapshot = editedSnapshot('Microsoft.Logic/workflows', (workflow) => {
      ;(workflow['parameters'] as Record<string, unknown>)['sitePath'] = { value: "[deployment('x').name]" }
    })
    await expect(startTestPlatform({ snapshot })).rejects.toThrow(
      /logic-healer-\w+\.properties\.parameters\.sitePath\.value: unknown function deployment in the expression deployment\('x'\)\.name/,
    )
  })

  it('with an alert rule that cannot be evaluated stops the platform and says what is accepted', async () => {
    const snapshot = editedSnapshot('Microsoft.Insights/metricAlerts', (rule) => {
      rule['windowSize'] = 'banana'
    })
    await expect(startTestPlatform({ snapshot })).rejects.toThrow('windowSize is "banana", not a duration such as PT5M')
  })

  it('with an unsupported receiver stops the platform', async () => {
    const snapshot = editedSnapshot('Microsoft.Insights/actionGroups', (group) => {
      group['eventHubReceivers'] = []
    })
    await expect(startTestPlatform({ snapshot })).rejects.toThrow(
      'the local platform does not support eventHubReceivers',
    )
  })

  it('keeps a text that only starts like an expression', () => {
    const file = fileWith(
      JSON.stringify({ predictedResources: [{ id: 'a', type: 'b', name: 'c', text: '[[literal]' }] }),
    )
    expect(resolveSnapshot(readSnapshot(file), {}).resources[0]?.['text']).toBe('[literal]')
  })
})

function fileWith(content: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'main.snapshot.json')
  if (content !== undefined) writeFileSync(file, content)
  return file
}
