import type { Context } from '../context.ts'

/** What a container listens on when nothing says otherwise, as App Service's images for Node do. */
const PLATFORM_PORT = 8080

/** Where the app should listen, and who says so. */
export function expectedPort({ variables, app, options }: Context): { port: number; from: string } | undefined {
  const { appUrl } = options
  if (appUrl) return { port: Number(appUrl.port || (appUrl.protocol === 'https:' ? 443 : 80)), from: '--app-url' }
  for (const name of ['WEBSITES_PORT', 'PORT']) {
    const value = Number(variables[name])
    if (Number.isInteger(value) && value > 0 && value < 65_536) return { port: value, from: name }
  }
  if (app?.port) return { port: app.port, from: 'the default of the app' }
  return variables['WEBSITE_SITE_NAME'] ? { port: PLATFORM_PORT, from: 'the platform' } : undefined
}
