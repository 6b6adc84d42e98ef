import { writeFileSync } from 'node:fs'
import { buildWorkbook } from './workbook.ts'

writeFileSync(new URL('./workbook.json', import.meta.url), buildWorkbook())
