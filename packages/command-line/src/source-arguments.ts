const SOURCES = '--conditions=llmops-source'

/**
 * Arguments for a Node process that this one starts: it runs the sources of `llmops-middleware` where this process does,
 * and what was built of them otherwise. Not the whole `execArgv`: a test runner has flags of its own there.
 */
export function sourceArguments(execArgv: readonly string[] = process.execArgv): string[] {
  const isToldSo = execArgv.some(
    (argument, index) => argument === SOURCES || `${execArgv[index - 1]}=${argument}` === SOURCES,
  )
  return isToldSo ? [SOURCES] : []
}
