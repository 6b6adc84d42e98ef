import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createContext, Script } from 'node:vm'

/**
 * Parses and checks a query as Azure does, with Microsoft's own language service. Its package cannot be imported, because
 * it is compiled C# whose two scripts need one global scope.
 */
export type QueryCheck = {
  /** `code message`, one a diagnostic: KS142 unknown column, KS204 unknown table, KS211 unknown function. */
  readonly diagnostics: readonly string[]
  /** Names of the columns that the query gives. */
  readonly columns: readonly string[]
}

/** learn.microsoft.com/azure/azure-monitor/reference/tables: the columns in their Application Insights spelling. */
const COMMON_COLUMNS =
  'timestamp: datetime, itemType: string, customDimensions: dynamic, customMeasurements: dynamic, operation_Name: string, ' +
  'operation_Id: string, operation_ParentId: string, session_Id: string, user_Id: string, cloud_RoleName: string, ' +
  'cloud_RoleInstance: string, appId: string, appName: string, iKey: string, sdkVersion: string, itemId: string, itemCount: int'

const TABLES = {
  customMetrics: `name: string, value: real, valueCount: int, valueSum: real, valueMin: real, valueMax: real, valueStdDev: real, ${COMMON_COLUMNS}`,
  dependencies: `id: string, target: string, type: string, name: string, data: string, success: string, resultCode: string, duration: real, performanceBucket: string, ${COMMON_COLUMNS}`,
  requests: `id: string, source: string, name: string, url: string, success: string, resultCode: string, duration: real, performanceBucket: string, ${COMMON_COLUMNS}`,
  traces: `message: string, severityLevel: int, ${COMMON_COLUMNS}`,
}

export function createQueryChecker(): (query: string) => QueryCheck {
  const context = createContext({ console })
  const require = createRequire(import.meta.url)
  for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
    new Script(readFileSync(require.resolve(`@kusto/language-service-next/${file}`), 'utf8')).runInContext(context)
  }
  context['tables'] = TABLES
  new Script(CHECKER).runInContext(context)
  return (query) => JSON.parse(context['check'](query))
}

/** Runs inside the context, because its lists and strings are those of C#. */
const CHECKER = `
  const { GlobalState, KustoCode, Symbols } = Kusto.Language
  const symbols = Object.entries(tables).map(([name, columns]) => Symbols.TableSymbol.From('(' + columns + ')').WithName(name))
  const database = new Symbols.DatabaseSymbol.$ctor1('applicationInsights', symbols)
  const globals = GlobalState.Default.WithDatabase(database)
  check = (query) => {
    const code = KustoCode.ParseAndAnalyze(query, globals)
    const list = (items) => Array.from({ length: items.Count }, (_, index) => items.getItem(index))
    const diagnostics = list(code.GetDiagnostics()).map(({ Code, Message }) => Code + ' ' + Message)
    const columns = code.ResultType && code.ResultType.Columns ? list(code.ResultType.Columns).map(({ Name }) => Name) : []
    return JSON.stringify({ diagnostics, columns })
  }
`
