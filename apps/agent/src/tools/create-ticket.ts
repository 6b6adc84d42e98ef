import { createHash, randomUUID } from 'node:crypto'
import { currentTask, type Task } from 'llmops-middleware'
import type { NewTicket, Ticket, TicketStore } from './ticket-store.ts'
import { TooManyTicketsError } from './too-many-tickets-error.ts'

/** One conversation may be about several orders. A model that opens more tickets than this is in a loop. */
const MAX_TICKETS_PER_TASK = 3

/**
 * Hands a case to a person. The tool has an effect, so a call with an unknown outcome is never repeated. A task opens
 * one ticket for the same arguments, even if the model repeats them under another id.
 */
export function createTicket(tickets: TicketStore) {
  const openedBy = new WeakMap<Task, Map<string, Promise<Ticket>>>()

  /** @throws TooManyTicketsError. Its message goes to the model. */
  async function openOnce(ticket: NewTicket, task: Task): Promise<Ticket> {
    const opened = openedBy.get(task) ?? new Map<string, Promise<Ticket>>()
    openedBy.set(task, opened)
    const key = keyOf(ticket, task)
    const before = opened.get(key)
    if (before) return before
    if (opened.size >= MAX_TICKETS_PER_TASK) throw new TooManyTicketsError(await Promise.all(opened.values()))
    const now = tickets.open(ticket, task.tenant, key, task.signal)
    opened.set(key, now)
    // A failed attempt is forgotten, so that the next one tries again: the key keeps it from opening a second ticket.
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

/** Made from the ticket's content, not from the id of the call: a model repeats a call under new ids. */
function keyOf({ subject, summary, priority, orderId }: NewTicket, task: Task): string {
  const content = JSON.stringify([subject, summary, priority, orderId])
  return `${task.id}:create_ticket:${createHash('sha256').update(content).digest('base64url')}`
}
