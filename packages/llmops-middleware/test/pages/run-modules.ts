/** Imports each file in turn, in one process, and prints as JSON which of them fail, and how. */
const failures: Record<string, string> = {}
for (const file of process.argv.slice(2)) {
  try {
    await import(file)
  } catch (error) {
    failures[file] = error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}
process.stdout.write(`\n${JSON.stringify(failures)}`, () => process.exit())
