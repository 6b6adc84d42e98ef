import { isOnPath, provideProgram } from 'test-support/provide-program'
import { startRedisServer } from 'test-support/redis-server'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    redisUrl: string
  }
}

/**
 * The real services that tests need: `REDIS_URL` if set, else a redis-server from PATH, else one that is installed
 * first, on Debian as root. Ends only what it started.
 */
export default async function provideServices(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['REDIS_URL']
  if (given !== undefined && given !== '') {
    project.provide('redisUrl', given)
    return async () => {}
  }
  provideProgram({
    name: 'a real Redis',
    isThere: () => isOnPath('redis-server'),
    debianPackage: 'redis-server',
    help:
      'Install redis-server 7 (apt-get install redis-server, brew install redis), ' +
      'or set REDIS_URL to a server that they may fill with keys beginning with "llmops:".',
  })
  const server = await startRedisServer()
  project.provide('redisUrl', server.url)
  return () => server.stop()
}
