export type * from './contract.ts'
export type {
  DashboardHistoryOptions,
  DashboardLinks,
  DashboardOps,
  DashboardOptions,
} from './dashboard-options.ts'
export { type Dashboard, dashboardRouter } from './dashboard-router.ts'
