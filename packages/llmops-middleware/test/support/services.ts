import { spawn, spawnSync } from 'node:child_process'
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
  if (!isInstalled('redis-server')) await installRedis()
  const server = await startRedisServer()
  project.provide('redisUrl', server.url)
  return () => server.stop()
}

async function installRedis(): Promise<void> {
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) {
    throw new Error(
      'The tests need a real Redis. Install redis-server 7 (apt-get install redis-server, brew install redis), ' +
        'or set REDIS_URL to a server that they may fill with keys beginning with "llmops:".',
    )
  }
  console.log('Installing redis-server, which the tests need …')
  await run('apt-get', ['update', '-q'])
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'redis-server'])
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined
}

function run(program: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${program} ${args.join(' ')} failed with exit code ${code}.`))
    })
  })
}
