import type { LlmOps } from 'llmops-middleware'
import { convertCurrency } from './convert-currency.ts'
import { createTicket } from './create-ticket.ts'
import { getOrder } from './get-order.ts'
import { lookup } from './lookup/index.ts'
import type { TicketStore } from './ticket-store.ts'

export type ToolSources = {
  readonly searchUrl: URL | undefined
  readonly tickets: TicketStore
}

/** All tools of the agent. To add one, write a file and add a line here. */
export function createTools(ops: LlmOps, { searchUrl, tickets }: ToolSources) {
  return [
    ops.tool(lookup(searchUrl)),
    ops.tool(getOrder()),
    ops.tool(convertCurrency()),
    ops.tool(createTicket(tickets)),
  ]
}

export type AgentTool = ReturnType<typeof createTools>[number]
