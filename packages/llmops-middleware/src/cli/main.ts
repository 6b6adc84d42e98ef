#!/usr/bin/env node
import { calledAs } from './called-as.ts'
import { listenForInterrupts } from './listen-for-interrupts.ts'
import { runLlmops } from './run-llmops.ts'

/** Enough for a pipe to take the last of our output. */
const LINGER_MS = 200

// The first Ctrl-C lets the command clean up; the second ends it at once.
const signal = listenForInterrupts()
// `llmops … | head` closes our output early, which is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const [, command = '', ...args] = process.argv
process.exitCode = await runLlmops(args, {
  call: calledAs({ command, execArgv: process.execArgv, env: process.env, cwd: process.cwd() }),
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  signal,
})

// Something that cannot be cancelled may still run, such as the resolver of the system: the process does not wait for it.
setTimeout(() => process.exit(), LINGER_MS).unref()
