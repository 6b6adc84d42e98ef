import { createHash, randomUUID } from 'node:crypto'
import { currentTask, type Task } from 'llmops-middleware'
import type { NewTicket, Ticket, TicketStore } from './ticket-store.ts'
import { TooManyTicketsError } from './too-many-tickets-error.ts'

/** A conversation may be about several orders; a model that goes on after these is stuck. */
const MOST_TICKETS_A_TASK = 3

/**
 * Hands a case to a person. It has an effect in the world, so it is never repeated after an unknown outcome, and a task
 * opens one ticket for the same arguments, under whatever id the model asks.
 */
export function createTicket(tickets: TicketStore) {
  const openedBy = new WeakMap<Task, Map<string, Promise<Ticket>>>()

  /** @throws TooManyTicketsError, which the model is told. */
  async function openOnce(ticket: NewTicket, task: Task): Promise<Ticket> {
    const opened = openedBy.get(task) ?? new Map<string, Promise<Ticket>>()
    openedBy.set(task, opened)
    const key = keyOf(ticket, task)
    const before = opened.get(key)
    if (before) return before
    if (opened.size >= MOST_TICKETS_A_TASK) throw new TooManyTicketsError(await Promise.all(opened.values()))
    const now = tickets.open(ticket, task.tenant, key, task.signal)
    opened.set(key, now)
    // What failed is not open. The key makes another try the same ticket.
    now.catch(() => opened.delete(key))
    return now
  }

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
    async run(ticket: NewTicket) {
      const task = currentTask()
      const { id, openedAt } = await (task ? openOnce(ticket, task) : tickets.open(ticket, 'unknown', randomUUID()))
      return { ticketId: id, openedAt, message: `Ticket ${id} is open; a person answers on the next working day.` }
    },
  } as const
}

/** Of what it says, not of the call that says it: a model repeats itself under new ids. */
function keyOf({ subject, summary, priority, orderId }: NewTicket, task: Task): string {
  const content = JSON.stringify([subject, summary, priority, orderId])
  return `${task.id}:create_ticket:${createHash('sha256').update(content).digest('base64url')}`
}
