import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/** The values that the last `azd up` in this folder saved in `.azure/<default environment>/.env`; empty without one. */
export function readAzdEnvironment(folder: string): Readonly<Record<string, string | undefined>> {
  const config = readIfThere(join(folder, '.azure', 'config.json'))
  if (config === undefined) return {}
  const { defaultEnvironment } = JSON.parse(config) as { defaultEnvironment?: string }
  return defaultEnvironment === undefined
    ? {}
    : parseEnv(readIfThere(join(folder, '.azure', defaultEnvironment, '.env')) ?? '')
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
