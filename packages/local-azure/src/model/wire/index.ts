import { anthropicMessages } from './anthropic-messages/index.ts'
import { chatCompletions } from './chat-completions/index.ts'
import { embeddings } from './embeddings/index.ts'
import { responses } from './responses/index.ts'
import type { Wire } from './wire.ts'

/** A new wire format is one folder and one line here. */
const WIRES: readonly Wire[] = [chatCompletions, responses, embeddings, anthropicMessages]

/** The format that this path speaks, and the deployment it names. */
export function findWire(path: string): { wire: Wire; deployment: string } | undefined {
  for (const wire of WIRES) {
    const deployment = wire.match(path)
    if (deployment !== undefined) return { wire, deployment: decoded(deployment) }
  }
  return undefined
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
