import { BudgetBreaker } from 'llmops-middleware/budget'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'

/** Reserves and settles on a ledger without end, and tells of each settlement that was written. It is killed. */
const budget = new BudgetBreaker({ limitUsd: 1000, ledger: sqliteLedger(process.argv[2]!) })

async function pay(): Promise<void> {
  for (;;) {
    const call = await budget.reserve({ tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 1000 })
    if (!call.granted) throw new Error(call.reason)
    await call.settle({ inputTokens: 1000, outputTokens: 100 })
    process.send!('settled')
  }
}

await Promise.all(Array.from({ length: 8 }, pay))
