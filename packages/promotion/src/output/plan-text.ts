import type { PlannedSwap } from '../swap-plan.ts'

/** Both slots as they are, and what a swap would change. */
export function planText({ production, candidate, differences, lastSwap, isArmed, firing }: PlannedSwap): string {
  const width = Math.max(production.slot.length, candidate.slot.length) + 2
  const healer = isArmed ? 'armed: it would undo the last promotion' : 'not armed'
  return [
    ...[production, candidate].map(({ slot, release, host }) => `  ${slot.padEnd(width)}${release}  https://${host}`),
    `  last swap: ${lastSwap ?? 'never'}; the healer is ${healer}`,
    firingText(firing),
    differences.length === 0
      ? '  no setting differs'
      : `  what a swap changes besides the code:\n${differences.map((difference) => `    ${difference}`).join('\n')}`,
  ].join('\n')
}

function firingText(firing: readonly string[] | undefined): string {
  if (firing === undefined)
    return '  whether a rule fires is not known: this login may not read alerts (Monitoring Reader)'
  return firing.length === 0 ? '  no rule fires' : `  rules that fire now: ${firing.join(', ')}`
}
