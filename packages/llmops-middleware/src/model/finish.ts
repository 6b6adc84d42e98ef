import { oneOf } from '../check.ts'

/**
 * What a streamed answer has to end with:
 *
 * - `auto`: what its format promises (a finish reason of every choice, `response.completed`, `message_stop`) on hosts that
 *   are known to send it; elsewhere `[DONE]` alone will do
 * - `require`: what its format promises, on any host
 * - `ignore`: any end will do but that of a connection that breaks
 */
export type Finish = 'auto' | 'require' | 'ignore'

export const finish = oneOf('auto', 'require', 'ignore')
