import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../data')

/** Reads one of the shop's data files, once, when its tool is made: a broken file stops the start, not a customer. */
export function readDataFile<T>(name: string): T {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as T
}
