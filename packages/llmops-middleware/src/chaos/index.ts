export { chaosAroundTool } from './around-tool.ts'
export {
  ChaosController,
  type ChaosControllerOptions,
  type ChaosState,
  type ChaosTarget,
  type Fault,
} from './chaos-controller.ts'
export { ChaosMalformed } from './chaos-malformed.ts'
export { ChaosOutage } from './chaos-outage.ts'
export type { ChaosMode, ChaosSettings, FaultMode } from './chaos-settings.ts'
export { ChaosThrottled } from './chaos-throttled.ts'
export { CHAOS_HEADER, chaosModelLayer } from './model-layer.ts'
