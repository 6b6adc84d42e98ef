import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'

/**
 * The values that the last `azd up` in this folder saved in `.azure/<environment>/.env`; empty without one. The environment
 * is the one that azd would use: AZURE_ENV_NAME, or else the default (Azure/azure-dev#3827).
 */
export function readAzdEnvironment(
  folder: string,
  environment = process.env['AZURE_ENV_NAME'] || defaultEnvironment(folder),
): Readonly<Record<string, string | undefined>> {
  return environment === undefined ? {} : parseEnv(readIfThere(join(folder, '.azure', environment, '.env')) ?? '')
}

function defaultEnvironment(folder: string): string | undefined {
  const config = readIfThere(join(folder, '.azure', 'config.json'))
  return config === undefined ? undefined : (JSON.parse(config) as { defaultEnvironment?: string }).defaultEnvironment
}

function readIfThere(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}
