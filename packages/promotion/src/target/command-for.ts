import type { WebAppOptions } from './open-web-app.ts'

/** A whole command about the same web app, to be typed in any shell. */
export function commandFor(name: string, { local, subscription, resourceGroup, site, slot }: WebAppOptions): string {
  const options = {
    '--local': local?.origin,
    '--subscription': subscription,
    '--resource-group': resourceGroup,
    '--site': site,
    '--slot': slot === 'staging' ? undefined : slot,
  }
  const given = Object.entries(options).flatMap(([option, value]) => (value === undefined ? [] : [option, value]))
  return ['npx --yes pnpm@12', name, ...given].join(' ')
}
