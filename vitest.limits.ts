/**
 * How long tests of every project may take, in milliseconds. Nothing is measured by them: they end a test that hangs, on
 * a machine that does other work too. A test that must be quicker says so itself.
 */
export const limits = { testTimeout: 60_000, hookTimeout: 120_000, expect: { poll: { timeout: 20_000 } } }
