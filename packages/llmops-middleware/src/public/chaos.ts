/**
 * Injects faults on purpose: outages, throttling, broken answers and delays.
 *
 * @module
 */
export {
  ChaosController,
  type ChaosControllerOptions,
  ChaosMalformed,
  type ChaosMode,
  ChaosOutage,
  type ChaosSettings,
  type ChaosState,
  type ChaosTarget,
  ChaosThrottled,
  type FaultMode,
} from '../chaos/index.ts'
