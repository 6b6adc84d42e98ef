import { LlmOpsError } from 'llmops-middleware'
import type { Ticket } from './ticket-store.ts'

/** The task has opened the most tickets allowed. The message lists them, so that the model can tell the customer. */
export class TooManyTicketsError extends LlmOpsError {
  static override readonly name = 'TooManyTicketsError'
  static readonly code = 'too_many_tickets'
  readonly code = TooManyTicketsError.code

  constructor(opened: readonly Ticket[]) {
    const tickets = opened.map(({ id, subject }) => `${id} (${subject})`).join(', ')
    super(
      `This task has already opened ${opened.length} tickets, the most allowed: ${tickets}. No other ticket was opened.`,
    )
  }
}
