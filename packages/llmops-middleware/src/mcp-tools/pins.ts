import { randomUUID } from 'node:crypto'
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { InvalidOptionError } from '../errors.ts'
import { isObject } from './tool-definition.ts'

/** The hashes of accepted definitions, by the names of the tools on their server. */
export type Pins = ReadonlyMap<string, string>

/**
 * Reads a file of pins. If there is none, the current definitions are accepted and written.
 *
 * @throws InvalidOptionError if the file is not a file of pins, or cannot be read or written. Then nothing is accepted.
 */
export async function readPins(path: string, listed: Pins): Promise<Pins> {
  const known = await read(path)
  if (known) return known
  if (await writeNew(path, listed)) return listed
  // Another process wrote the file first.
  return (await read(path)) ?? listed
}

async function read(path: string): Promise<Pins | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw refused(path, `cannot be read: ${error.message}`)
  })
  if (text === undefined) return undefined
  const pins = parsed(text)
  if (!isObject(pins) || Object.values(pins).some((hash) => typeof hash !== 'string')) {
    throw refused(path, 'is not a file of pins. Restore it, or delete it to accept what the server lists now')
  }
  return new Map(Object.entries(pins) as [string, string][])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Writes the file atomically, and never replaces an existing one. @returns whether it was written */
async function writeNew(path: string, pins: Pins): Promise<boolean> {
  const inOrder = [...pins].sort(([one], [other]) => (one < other ? -1 : 1))
  const written = `${path}.${randomUUID()}`
  try {
    await writeFile(written, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`)
    try {
      await link(written, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      // A file system without links, such as a share over SMB.
      await rename(written, path)
    }
    return true
  } catch (error) {
    throw refused(path, `cannot be written: ${(error as Error).message}`)
  } finally {
    await unlink(written).catch(() => {})
  }
}

const refused = (path: string, problem: string) =>
  new InvalidOptionError('pins', path, 'the path of a file of pins', undefined, `'${path}' ${problem}`)
