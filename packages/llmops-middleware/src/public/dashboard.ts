/**
 * The live page, as a router of Express.
 *
 * @module
 */
export {
  type Dashboard,
  type DashboardHistoryOptions,
  type DashboardLinks,
  type DashboardOps,
  type DashboardOptions,
  dashboardRouter,
} from '../dashboard/index.ts'
