import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { doctor, folder, of } from './start-doctor.ts'

type Files = Readonly<Record<string, string | object>>

/** An app with what is installed beside it, file by file. */
async function ask(app: object, files: Files = {}, { env = {}, args = [] as string[] } = {}) {
  const cwd = await folder()
  for (const [name, content] of Object.entries({ 'package.json': app, ...files })) {
    await mkdir(dirname(join(cwd, name)), { recursive: true })
    await writeFile(join(cwd, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return await doctor(env, ['--only', 'packages', ...args], cwd)
}

const installed = (name: string, manifest: object = {}, code = 'export default 1', within = ''): Files => ({
  [`${within}node_modules/${name}/package.json`]: {
    name,
    version: '1.2.3',
    type: 'module',
    exports: './index.js',
    ...manifest,
  },
  [`${within}node_modules/${name}/index.js`]: code,
})
const uses = (...names: readonly string[]) => ({
  dependencies: Object.fromEntries(names.map((name) => [name, '^1.0.0'])),
})

describe('llmops doctor on the packages', () => {
  it('finds nothing wrong with those that are there, fit and load', async () => {
    const report = await ask(uses('one', 'two'), { ...installed('one'), ...installed('two', {}, "import 'one'") })
    expect(report).toMatchObject({ verdict: 'healthy', code: 0 })
    expect(of('packages', report)[0]!.detail).toBe('2 packages are there and load')
  })

  it.each([
    ['one that is not installed', {}, /one is not installed/],
    ['one of another version', installed('one', { version: '2.0.0' }), /one is 2\.0\.0, and the app wants \^1\.0\.0/],
    [
      'one that needs another, which is missing',
      installed('one', {}, "import 'gone'"),
      /one cannot be imported: Cannot find package 'gone'/,
    ],
    [
      'one that throws when it is loaded',
      installed('one', {}, "throw new Error('no such binary')"),
      /one cannot be imported: no such binary/,
    ],
    [
      'one whose file was cut',
      installed('one', {}, 'export default {'),
      /one cannot be imported: Unexpected end of input/,
    ],
    [
      'one whose manifest was cut',
      { ...installed('one'), 'node_modules/one/package.json': '{"name":' },
      /one is not installed/,
    ],
    [
      'one that lacks its peer',
      installed('one', { peerDependencies: { peer: '^3' } }),
      /one needs peer, which is not installed/,
    ],
  ])('names %s', async (_, files, detail) => {
    const report = await ask(uses('one'), files)
    expect(report).toMatchObject({ verdict: 'platform', broken: ['packages'], code: 1 })
    expect(report.summary).toMatch(detail)
  })

  it('asks nothing of a peer that may be missing, and does of one that is there', async () => {
    const peer = { peerDependencies: { peer: '^3' }, peerDependenciesMeta: { peer: { optional: true } } }
    expect(await ask(uses('one'), installed('one', peer))).toMatchObject({ code: 0 })
    const report = await ask(uses('one'), { ...installed('one', peer), ...installed('peer') })
    expect(of('packages', report)[0]).toMatchObject({
      status: 'warning',
      detail: 'one works with peer ^3, and 1.2.3 is installed',
    })
  })

  it('fails for a peer of this package, whose parts come from it', async () => {
    const own = installed('llmops-middleware', { peerDependencies: { ioredis: '^6.0.0' } })
    const report = await ask(uses('llmops-middleware'), { ...own, ...installed('ioredis') })
    expect(report.broken).toEqual(['packages'])
  })

  it('warns of two copies of what must be one', async () => {
    const files = {
      ...installed('@opentelemetry/api', { version: '1.9.1' }),
      ...installed('one'),
      ...installed('@opentelemetry/api', { version: '1.4.0' }, '', 'node_modules/one/'),
    }
    const report = await ask(uses('one', '@opentelemetry/api'), files)
    expect(report.code).toBe(0)
    expect(of('packages', report)[0]!.detail).toBe('@opentelemetry/api is there 2 times: 1.9.1, 1.4.0')
  })

  it('names a Node that is too old', async () => {
    expect((await ask({ engines: { node: '>=99' } })).summary).toMatch(/Node is v.*wants >=99/)
  })

  it('names what NODE_OPTIONS loads before the app, and what that hides', async () => {
    const broken = await ask(uses('one'), installed('one'), { env: { NODE_OPTIONS: '--import=/no/such/file.mjs' } })
    expect(broken).toMatchObject({ broken: ['packages'] })
    expect(broken.summary).toMatch(/node itself cannot be imported: .*\/no\/such\/file\.mjs/)
  })

  it('is not held up by a package that never finishes loading', async () => {
    const endless = installed('one', {}, 'setInterval(() => {}, 1e3); await new Promise(() => {})')
    const report = await ask(
      uses('one', 'two'),
      { ...endless, ...installed('two') },
      { args: ['--timeout-ms', '1500'] },
    )
    expect(of('packages', report)).toMatchObject([
      {
        status: 'warning',
        detail: expect.stringMatching(/not loaded within 1500 ms.*: one/),
        next: expect.any(String),
      },
    ])
    expect(report).toMatchObject({ verdict: 'healthy', code: 0 })
  })

  it('lets no package write between its lines, or end it', async () => {
    const files = { ...installed('one', {}, "console.log('hello'); process.exit(0)"), ...installed('two') }
    const report = await ask(uses('one', 'two'), files)
    expect(report.code).toBe(0)
  })

  it('says that a package.json is none', async () => {
    const cwd = await folder({ 'package.json': '<<<<<<< HEAD' })
    expect((await doctor({}, ['--only', 'packages'], cwd)).summary).toMatch(/is not JSON/)
  })
})
