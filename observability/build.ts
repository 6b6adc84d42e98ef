import { writeFileSync } from 'node:fs'
import { buildDashboard } from './grafana.ts'
import { buildRules } from './rules.ts'
import { buildWorkbook } from './workbook.ts'

writeFileSync(new URL('./workbook.json', import.meta.url), buildWorkbook())
writeFileSync(new URL('./grafana/agent.json', import.meta.url), buildDashboard())
writeFileSync(new URL('./prometheus/agent.rules.yml', import.meta.url), buildRules())
