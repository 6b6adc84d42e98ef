import { styleText } from 'node:util'
import type { Finding, Report, Status, Verdict } from './report.ts'
import type { Setting } from './settings/read-settings.ts'

const MARKS: Readonly<Record<Status, string>> = { ok: '✓', warning: '!', failed: '✗', skipped: '-' }
const STYLES = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'gray' } as const

const VERDICTS: Readonly<Record<Verdict, Status>> = {
  healthy: 'ok',
  unknown: 'warning',
  platform: 'failed',
  app: 'failed',
}

export type TableOptions = {
  /** Each setting too. */
  readonly isLong: boolean
  readonly isColoured: boolean
}

/** The report for people: the verdict, a line for each finding, and what to do. */
export function tableOf(report: Report, { isLong, isColoured }: TableOptions): string {
  const paint = (status: Status, text: string) =>
    isColoured ? styleText(STYLES[status], text, { validateStream: false }) : text
  const width = Math.max(...report.findings.map(({ layer }) => layer.length))
  const lines = report.findings.flatMap((finding) => [
    `${paint(finding.status, MARKS[finding.status])} ${finding.layer.padEnd(width)}  ${printable(finding.detail)}${timeOf(finding)}`,
    ...(finding.next && finding.status !== 'ok' ? [`  ${' '.repeat(width)}  → ${printable(finding.next)}`] : []),
    ...(isLong ? settingsOf(finding).map((line) => `  ${' '.repeat(width)}  ${line}`) : []),
  ])
  const verdict = `${report.verdict.toUpperCase()}  ${printable(report.summary)}`
  return `${[paint(VERDICTS[report.verdict], verdict), '', ...lines].join('\n')}\n`
}

const timeOf = ({ ms }: Finding) => (ms === undefined ? '' : `  (${ms} ms)`)

function settingsOf({ data }: Finding): string[] {
  const settings = (data?.['settings'] ?? []) as readonly Setting[]
  const width = Math.max(0, ...settings.map(({ variable }) => variable.length))
  return settings.map(({ variable, value, source, problem }) => {
    return printable(`${problem ? '✗' : ' '} ${variable.padEnd(width)}  ${value}  [${source}]`)
  })
}

/** What others wrote may hold codes that move the cursor of a terminal. */
const printable = (text: string) => text.replace(/\p{Cc}+/gu, ' ')
