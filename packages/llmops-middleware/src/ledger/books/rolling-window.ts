import { rollingStepMs } from '../period.ts'
import type { Spend } from './account.ts'

/** The spend in each step of a rolling window, oldest first. A step counts until all of it has left the window. */
export type RollingWindow = { readonly rollingMs: number; readonly stepMs: number; readonly steps: RollingStep[] }

export type RollingStep = {
  readonly index: number
  spentNanos: number
  /** Absent in steps that an earlier release wrote. */
  unknownNanos?: number
}

export function createRollingWindow(rollingMs: number, steps: RollingStep[] = []): RollingWindow {
  return { rollingMs, stepMs: rollingStepMs(rollingMs), steps }
}

/** Drops the steps that have left the window, and returns what was spent in them. */
export function forgetSteps(window: RollingWindow, nowMs: number): Spend {
  const oldestIndex = oldestStepIndex(window, nowMs)
  let spentNanos = 0
  let unknownNanos = 0
  while (window.steps[0] !== undefined && window.steps[0].index < oldestIndex) {
    const step = window.steps.shift()!
    spentNanos += step.spentNanos
    unknownNanos += step.unknownNanos ?? 0
  }
  return { spentNanos, unknownNanos }
}

/**
 * Moves the spend in steps after `latestMs`, which a clock that was ahead created, into the step of `nowMs`. Otherwise it
 * would stay in the window for too long.
 */
export function pullBack(window: RollingWindow, latestMs: number, nowMs: number): void {
  const { steps, stepMs } = window
  if (steps.length === 0 || steps.at(-1)!.index * stepMs <= latestMs) return
  const index = Math.floor(nowMs / stepMs)
  const early = steps.splice(steps.findIndex((step) => step.index >= index))
  const spentNanos = early.reduce((sum, step) => sum + step.spentNanos, 0)
  steps.push({ index, spentNanos, unknownNanos: unknownIn(early) })
}

/** Whether none of its spend counts any more. */
export function isEmpty(window: RollingWindow, nowMs: number): boolean {
  const oldestIndex = oldestStepIndex(window, nowMs)
  return window.steps.every(({ index, spentNanos }) => index < oldestIndex || spentNanos === 0)
}

export function unknownIn(steps: readonly RollingStep[]): number {
  return steps.reduce((sum, { unknownNanos = 0 }) => sum + unknownNanos, 0)
}

/** Adds to the step that contains `atMs`. Returns false if that step has left the window. */
export function spendInStep(window: RollingWindow, atMs: number, amount: Spend, nowMs: number): boolean {
  const index = Math.floor(Math.min(atMs, nowMs) / window.stepMs)
  if (index < oldestStepIndex(window, nowMs)) return false

  const { steps } = window
  let position = steps.length
  while (position > 0 && steps[position - 1]!.index > index) position -= 1
  const step = steps[position - 1]
  if (step?.index === index) {
    step.spentNanos += amount.spentNanos
    step.unknownNanos = (step.unknownNanos ?? 0) + amount.unknownNanos
  } else steps.splice(position, 0, { index, ...amount })
  return true
}

/** Returns when the oldest spend leaves the window; now, if there is none. */
export function oldestSpendLeavesAtMs(window: RollingWindow, nowMs: number): number {
  const oldest = window.steps.find((step) => step.spentNanos > 0)
  return oldest === undefined ? nowMs : (oldest.index + 1) * window.stepMs + window.rollingMs
}

function oldestStepIndex(window: RollingWindow, nowMs: number): number {
  return Math.floor((nowMs - window.rollingMs) / window.stepMs)
}
