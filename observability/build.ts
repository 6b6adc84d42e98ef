import { writeFileSync } from 'node:fs'
import { buildDashboard } from './grafana.ts'
import { buildWorkbook } from './workbook.ts'

writeFileSync(new URL('./workbook.json', import.meta.url), buildWorkbook())
writeFileSync(new URL('./grafana/agent.json', import.meta.url), buildDashboard())
