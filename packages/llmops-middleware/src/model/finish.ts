import { oneOf } from '../check.ts'

/**
 * How a streamed answer must end to count as complete:
 *
 * - `auto`: with the end that its format promises (a finish reason for every choice, `response.completed`, `message_stop`)
 *   on hosts that are known to send it; elsewhere `[DONE]` alone is accepted
 * - `require`: with the end that its format promises, on every host
 * - `ignore`: in any way except by a broken connection
 */
export type Finish = 'auto' | 'require' | 'ignore'

export const finish = oneOf('auto', 'require', 'ignore')
