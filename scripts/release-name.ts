import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'

export type ReleaseName = {
  readonly name: string
  /** What the name is made from, in words. */
  readonly source: 'the commit' | 'the commit and the time, because not everything is committed' | 'a hash of its files'
}

/**
 * Names the commit of the repository whose root this is. A build of what is not committed gets the time too, because
 * two of them may differ; where there is no commit (a download, a template of azd), the files of the package name it.
 *
 * @param files what the package is made from: files and folders
 */
export function releaseName(root: string, files: readonly string[], now = new Date()): ReleaseName {
  const commit = describeCommit(root)
  if (commit === undefined) return { name: `files-${hashOf(files)}`, source: 'a hash of its files' }
  if (!commit.endsWith('-dirty')) return { name: commit, source: 'the commit' }
  const time = now.toISOString().replaceAll(/[-:]|\..*/g, '')
  return { name: `${commit}-${time}`, source: 'the commit and the time, because not everything is committed' }
}

/** Undefined without git, without a commit, and inside another repository, whose commits do not describe this project. */
function describeCommit(root: string): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const isOurs = realpathSync(git('rev-parse', '--show-toplevel')) === realpathSync(root)
    return isOurs ? git('describe', '--always', '--dirty') : undefined
  } catch {
    return undefined
  }
}

/** A hash of names and contents, so that the same files have the same name in every folder. */
function hashOf(paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) {
    for (const name of filesOf(path))
      hash
        .update(`${name}\0`)
        .update(readFileSync(join(path, name)))
        .update('\0')
  }
  return hash.digest('hex').slice(0, 12)
}

/** Paths relative to the folder. For a file, the empty path. */
function filesOf(path: string): string[] {
  try {
    const entries = readdirSync(path, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    return files.map((file) => file.slice(path.length)).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return ['']
    throw error
  }
}
