import { randomUUID } from 'node:crypto'
import { currentTask } from 'llmops-middleware'
import type { NewTicket, TicketStore } from './ticket-store.ts'

/** Hands a case to a person. It has an effect in the world, so it is never repeated after an unknown outcome. */
export function createTicket(tickets: TicketStore) {
  return {
    name: 'create_ticket',
    description: 'Opens a ticket that a person answers on the next working day. Use it once; it cannot be undone.',
    effect: 'effect',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['subject', 'summary', 'priority'],
      properties: {
        subject: { type: 'string', minLength: 3, maxLength: 120 },
        summary: { type: 'string', minLength: 3, maxLength: 2000, description: 'What happened and what is wanted' },
        priority: { type: 'string', enum: ['low', 'normal', 'high'] },
        orderId: { type: 'string', pattern: '^ORD-[0-9]{4}$', description: 'The order it is about, such as ORD-1001' },
      },
    },
    run(ticket: NewTicket, { idempotencyKey = randomUUID() }: { readonly idempotencyKey?: string } = {}) {
      const { id, openedAt } = tickets.open(ticket, currentTask()?.tenant ?? 'unknown', idempotencyKey)
      return { ticketId: id, openedAt, message: `Ticket ${id} is open; a person answers on the next working day.` }
    },
  } as const
}
