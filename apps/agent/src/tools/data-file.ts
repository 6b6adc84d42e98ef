import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../data')

/** Reads a data file of the shop. Each tool reads its file when it is created, so a broken file stops the start. */
export function readDataFile<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as T
}
