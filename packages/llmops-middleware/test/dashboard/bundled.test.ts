import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const PACKAGE = join(import.meta.dirname, '../..')
const APP = `import express from 'express'
import { createLlmOps } from 'llmops-middleware'
import { dashboardRouter } from 'llmops-middleware/dashboard'
const ops = createLlmOps({ logger: false })
const dashboard = dashboardRouter({ ops })
const server = express().use('/ops', dashboard).listen(0, '127.0.0.1', async () => {
  const page = await fetch('http://127.0.0.1:' + server.address().port + '/ops/')
  console.log(page.status, await page.text())
  server.close()
  dashboard.close()
  await ops.close()
})
`

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llmops-bundled-'))
  // Beside the package, where the app's imports are found; its bundle is run elsewhere.
  const app = join(PACKAGE, 'test/dashboard', 'bundled-app.mjs')
  await writeFile(app, APP)
  try {
    const conditionNames = ['llmops-source', 'node', 'require']
    const bundle = await rolldown({ input: app, platform: 'node', resolve: { conditionNames }, logLevel: 'silent' })
    for (const format of ['cjs', 'esm'] as const) {
      await bundle.write({ format, file: join(folder, `${format}.${format === 'cjs' ? 'cjs' : 'mjs'}`) })
    }
    await bundle.close()
  } finally {
    await rm(app)
  }
  await mkdir(join(folder, 'app/node_modules'), { recursive: true })
  await symlink(PACKAGE, join(folder, 'app/node_modules/llmops-middleware'))
})
afterAll(() => rm(folder, { recursive: true }))

function started(file: string, cwd: string) {
  // In which this project's own packages would be found.
  const { NODE_PATH: _, ...env } = process.env
  return promisify(execFile)(process.execPath, [join(folder, file)], { cwd, env })
}

describe.each(['cjs.cjs', 'esm.mjs'])('the page, bundled into %s', (file) => {
  it('is served from the package that is installed where the app runs', async () => {
    const { stdout } = await started(file, join(folder, 'app'))
    expect(stdout).toMatch(/^200 <!doctype html>/i)
  })

  it('says what to do where the package is not installed', async () => {
    await expect(started(file, folder)).rejects.toThrow(`no llmops-middleware is installed in ${folder}, where the app`)
  })
})
