export { chaosAroundTool } from './around-tool.ts'
export {
  ChaosController,
  type ChaosControllerOptions,
  type ChaosState,
  type ChaosTarget,
} from './chaos-controller.ts'
export type { ChaosMode, ChaosSettings } from './chaos-settings.ts'
export { ChaosMalformed, ChaosOutage, ChaosThrottled, type FaultMode } from './faults/index.ts'
export { chaosModelLayer } from './model-layer.ts'
