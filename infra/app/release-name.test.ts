// How the package is named where people really start from: a clone, a download, a template of azd (`git init`, no commit).
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { releaseName } from '../../scripts/release-name.ts'

const AT = new Date('2026-11-26T10:20:30.400Z')

/** A folder with one file, which is all of its package. */
function project(content = 'v1', parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'release-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'src/deep'), { recursive: true })
  writeFileSync(join(folder, 'src/deep/main.ts'), content)
  return folder
}

const nameOf = (folder: string) => releaseName(folder, [join(folder, 'src')], AT)

function git(folder: string, ...args: string[]): string {
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false']
  return execFileSync('git', [...author, ...args], { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim()
}

function commit(folder: string): string {
  git(folder, 'init', '-q')
  git(folder, 'add', '.')
  git(folder, 'commit', '-q', '-m', 'First')
  return git(folder, 'rev-parse', '--short', 'HEAD')
}

it('a clone is named by its commit', () => {
  const folder = project()
  const name = commit(folder)
  expect(nameOf(folder)).toEqual({ name, source: 'the commit' })
})

it('a clone with changes is named by its commit and the time', () => {
  const folder = project()
  const name = commit(folder)
  writeFileSync(join(folder, 'src/deep/main.ts'), 'v2')
  expect(nameOf(folder).name).toBe(`${name}-dirty-20261126T102030`)
})

it('a download without git is named by its files', () => {
  expect(nameOf(project())).toEqual({
    name: expect.stringMatching(/^files-[0-9a-f]{12}$/),
    source: 'a hash of its files',
  })
})

it('a repository without a commit is named by its files', () => {
  const folder = project()
  git(folder, 'init', '-q')
  expect(nameOf(folder)).toEqual(nameOf(project()))
})

it('a download inside the repository of another project is not named by its commit', () => {
  const outer = project()
  commit(outer)
  expect(nameOf(project('v1', outer))).toEqual(nameOf(project()))
})

it.each(['v2', ''])('other files have another name: %s', (content) => {
  expect(nameOf(project(content)).name).not.toBe(nameOf(project()).name)
})

it('a file that moved has another name', () => {
  const folder = project()
  const moved = mkdtempSync(join(tmpdir(), 'release-'))
  onTestFinished(() => rmSync(moved, { recursive: true }))
  mkdirSync(join(moved, 'src'))
  writeFileSync(join(moved, 'src/main.ts'), 'v1')
  expect(nameOf(moved).name).not.toBe(nameOf(folder).name)
})

it('the name fits where a release is shown', () => {
  expect(nameOf(project()).name).toMatch(/^[\w.-]{1,64}$/)
})
