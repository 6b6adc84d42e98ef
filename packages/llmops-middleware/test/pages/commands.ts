import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readArguments } from '../../../../apps/agent/src/settings/arguments.ts'
import { askCommand } from '../../../../chaos/src/commands/ask.ts'
import { drillCommand } from '../../../../chaos/src/commands/drill.ts'
import { injectCommand } from '../../../../chaos/src/commands/inject.ts'
import { practiseCommand } from '../../../../chaos/src/commands/practise.ts'
import { spreadCommand } from '../../../../chaos/src/commands/spread.ts'
import { promoteCommand } from '../../../promotion/src/commands/promote.ts'
import { rollbackCommand } from '../../../promotion/src/commands/rollback.ts'
import { parseWord } from '../../src/cli/parse-word.ts'
import { WORDS } from '../../src/cli/words/index.ts'
import { ROOT } from './blocks.ts'
import { readShell, type ShellCommand } from './shell.ts'

/** Throws where a command would be refused for how it is typed. */
type Check = (args: readonly string[]) => void | Promise<void>

const scripts = manifestOf('.').scripts
const CHAOS = {
  ask: askCommand,
  drill: drillCommand,
  inject: injectCommand,
  practise: practiseCommand,
  spread: spreadCommand,
}

/** The scripts that take arguments, and what reads those. */
const SCRIPTS: Readonly<Record<string, Check>> = {
  ask: byCommander(askCommand),
  drill: byCommander(drillCommand),
  promote: byCommander(promoteCommand),
  rollback: byCommander(rollbackCommand),
  chaos: ([name, ...args]) => {
    if (name !== undefined) byCommander(known(CHAOS, name, 'a command of chaos'))(args)
  },
  llmops,
  bench: (names) => files(names.map((name) => `bench/${name}.bench.ts`)),
  infra: options('--check'),
  start: (args) => void readArguments(args),
  check: options(),
  format: options(),
=======
