/**
 * Changes pure files one place at a time, and prints the changes that no test notices: `pnpm test:mutants [group [file]]`.
 * Slow, so by hand only; MUTANT_CONCURRENCY=1 leaves room on a machine that others use.
 */
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Stryker } from '@stryker-mutator/core'

/** Globs below `src`. A mutant is run against those tests of its group that
 * reach it, and no others: a test that finds in a cache what another has computed does not. */
type Group = { readonly files: readonly string[]; readonly tests: readonly string[] }

const GROUPS: Readonly<Record<string, Group>> = {
  decisions: {
    files: ['ledger/books/decide.ts'],
    tests: ['ledger/memory/memory-ledger.test.ts', 'budget/breaker.test.ts', 'budget/downshift.test.ts'],
  },
  offers: {
    files: ['budget/offers.ts'],
    tests: ['budget/breaker.test.ts', 'budget/downshift.test.ts', 'budget/layer.test.ts'],
  },
  tasks: {
    files: ['task-life.ts', 'keep-open.ts', 'returned-body.ts', 'sli/model-failure.ts'],
    tests: ['keep-open.test.ts', 'task.test.ts', '../test/tasks/{late-work,swallowed-failures}.test.ts'],
  },
  prices: {
    files: ['pricing/price.ts', 'pricing/public-prices.ts', 'pricing/create-rate-card.ts'],
    tests: ['pricing/*.test.ts'],
  },
  'price-factors': {
    files: ['pricing/{price-factors,price-options,routers}.ts'],
    tests: ['pricing/*.test.ts', 'model/formats/{answering-model,billed-units}.test.ts'],
  },
  charges: {
    files: ['model/{answered-calls,complete,delivered-body,gateway-cost}.ts', 'budget/reservation.ts'],
    tests: [
      'model/{answered-calls,aborted-calls,gateway-cost}.test.ts',
      'model/formats/{billed-units,usage}.test.ts',
      'budget/breaker.test.ts',
    ],
  },
  formats: {
    files: [
      'model/formats/!(*.test|openai-usage|delivered-text|gemini*|ai-gateway|openai-co*|translate-parameters|cap-fields).ts',
    ],
    tests: ['model/formats/{answers,openai-chat,requests,streams}.test.ts', 'model/formats/usage.test.ts'],
  },
  'more-formats': {
    files: ['model/formats/{ai-gateway,gemini,gemini-usage,openai-compact,openai-completions}.ts'],
    tests: ['model/formats/more-formats.test.ts'],
  },
  endpoints: {
    files: ['model/endpoints/!(*.test).ts'],
    tests: ['model/endpoints/endpoints.test.ts'],
  },
  parameters: {
    files: ['model/formats/translate-parameters.ts'],
    tests: ['budget/downshift-parameters.test.ts', 'model/formats/translate-parameters.test.ts'],
  },
  'refused-fields': {
    files: ['model/formats/cap-fields.ts', 'model/request/refused-fields.ts'],
    tests: ['model/refused-fields.test.ts'],
  },
  usage: {
    files: ['model/formats/openai-usage.ts'],
    tests: ['model/formats/{billed-units,usage}.test.ts', 'model/{gateway-cost,prices-by-answer}.test.ts'],
  },
  'delivered-text': {
    files: ['model/formats/delivered-text.ts'],
    tests: ['model/formats/delivered-text.test.ts'],
  },
  classify: {
    files: ['route/classify.ts', 'route/retry-after.ts'],
    tests: ['route/classify.test.ts', 'route/faults.test.ts'],
  },
  repair: {
    files: [
      'repair/around-value.ts',
      'repair/asking.ts',
      'repair/check-plain.ts',
      'repair/coerce-union.ts',
      'repair/coerce-value.ts',
      'repair/coerce.ts',
      'repair/duplicate-keys.ts',
      'repair/exact-numbers.ts',
      'repair/iso-date.ts',
      'repair/json-reader.ts',
      'repair/normalize-json.ts',
      'repair/parse-json.ts',
      'repair/repair-freely.ts',
      'repair/unwrap-call.ts',
    ],
    tests: [
      'repair/{arguments,asking,broken-arguments,corpus,repair,spellings,tool-schemas}.test.ts',
      'tool/{argument-numbers,effect-arguments,prototype-keys}.test.ts',
    ],
  },
  schemas: {
    files: [
      'repair/json-schema/explain-errors.ts',
      'repair/json-schema/local-references.ts',
      'repair/json-schema/read-schema.ts',
      'repair/json-schema/subschemas.ts',
      'repair/json-schema/type-of.ts',
      'repair/json-schema/unique-items.ts',
    ],
    tests: ['repair/arguments.test.ts', 'repair/tool-schemas.test.ts'],
  },
  patterns: {
    files: [
      'repair/pattern/automaton.ts',
      'repair/pattern/compile-pattern.ts',
      'repair/pattern/is-linear.ts',
      'repair/pattern/parse-pattern.ts',
      'repair/pattern/search.ts',
    ],
    tests: ['repair/pattern/*.test.ts'],
  },
  once: {
    files: ['tool/effects-once.ts', 'tool/start-once.ts', 'tool/recent-map.ts'],
    tests: ['tool/{at-most-once,effects-once}.test.ts'],
  },
  loops: {
    files: ['tool/canonical-json.ts', 'tool/loop-guard.ts', 'tool/repeated-calls.ts'],
    tests: ['tool/{at-most-once,loops}.test.ts'],
  },
  limit: {
    files: ['tool/concurrency-limit.ts'],
    tests: ['tool/concurrency.test.ts'],
  },
  chain: {
    files: ['tool/chain.ts', 'tool/function-run.ts', 'tool/own-copy.ts', 'tool/earlier-causes.ts'],
    tests: ['tool/{bad-input,concurrency,effects,fallback,repair-loop,results,tool}.test.ts'],
  },
  unavailable: {
    files: ['tool/is-unavailable.ts'],
    tests: ['tool/{effects,fallback,unknown-outcome}.test.ts'],
  },
  'event-stream': {
    files: ['model/answer/event-stream.ts'],
    tests: ['model/answer/stream-grammar.test.ts', 'model/answer/large-answers.test.ts'],
  },
}

const PACKAGE = fileURLToPath(new URL('../packages/llmops-middleware', import.meta.url))

process.exitCode = await main(process.argv.slice(2))

/** @param only a text: only files of the group whose path contains it are changed */
async function main([asked, only = '']: string[]): Promise<number> {
  if (asked !== undefined && !Object.hasOwn(GROUPS, asked)) {
    console.error(`There is no group ${asked}; the groups are ${Object.keys(GROUPS).join(', ')}.`)
    return 2
  }
  process.chdir(PACKAGE)
  for (const name of asked === undefined ? Object.keys(GROUPS) : [asked]) {
    console.log(`\n${name}`)
    await run(GROUPS[name]!, only)
  }
  return 0
}

async function run({ files, tests }: Group, only: string): Promise<void> {
  // Not by Stryker's own filter, behind which it changes what a module does as it loads too late (stryker-js #6144).
  process.env['MUTANT_TESTS'] = JSON.stringify(tests.flatMap(filesOf))
  await new Stryker({
    mutate: files.flatMap(filesOf).filter((file) => file.includes(only)),
    testRunner: 'vitest',
    vitest: { configFile: 'vitest.mutants.config.ts' },
    // By address: from where Stryker stands, its plug-in cannot be seen by name.
    plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/vitest-runner'))],
    coverageAnalysis: 'perTest',
    concurrency: Number(process.env['MUTANT_CONCURRENCY'] ?? 2),
    // Generous, for a busy machine: endless loops are recognised by how often they pass the mutant.
    timeoutMS: 30_000,
    disableTypeChecks: false,
    ignorePatterns: ['dist'],
    reporters: ['clear-text'],
    clearTextReporter: { logTests: false, reportTests: false },
  }).runMutationTest()
}

/** A file that has moved must not make its group pass by being forgotten. */
function filesOf(glob: string): string[] {
  const files = globSync(`src/${glob}`)
  if (files.length === 0)
    throw new Error(`No file matches src/${glob} any more. Correct the groups in ${import.meta.filename}.`)
  return files
}
