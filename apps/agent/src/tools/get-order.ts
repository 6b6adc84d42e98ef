import { readDataFile } from './data-file.ts'

type Order = {
  readonly id: string
  readonly status: string
  readonly carrier?: string
  readonly expectedOn?: string
  readonly deliveredOn?: string
  readonly delayReason?: string
}

const EXAMPLE = 'ORD-1001'

/** Whether a question names an order. */
export function namesOrder() {
  return (question: string): boolean => /\bORD-[0-9]{4}\b/i.test(question)
}

/**
 * Reads one order. A number that no order has is not an error: the customer mistyped it, or named none. So the schema
 * has no pattern, which would make the customer's mistake look like a failure of the release.
 */
export function getOrder() {
  const orders = new Map(readDataFile<Order[]>('orders.json').map((order) => [order.id, order]))
  return {
    name: 'get_order',
    description: 'Reads one order by its number: status, items, carrier, tracking number and expected delivery date.',
    effect: 'read',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['orderId'],
      properties: {
        orderId: { type: 'string', examples: [EXAMPLE], description: `The order number, such as ${EXAMPLE}` },
      },
    },
    run({ orderId }: { orderId: string }) {
      const order = orders.get(orderId.trim().toUpperCase())
      if (order) return { found: true, order, message: summaryOf(order) }
      const message = namesOrder()(orderId)
        ? `There is no order ${orderId}.`
        : `That is not an order number. Please send the number of the order, such as ${EXAMPLE}.`
      return { found: false, message }
    },
  } as const
}

/** The answer to the most frequent question, as a sentence that the model can repeat. */
function summaryOf({ id, status, carrier, expectedOn, deliveredOn, delayReason }: Order): string {
  const parts = [`Order ${id} is ${status}`]
  if (carrier) parts.push(`with ${carrier}`)
  if (deliveredOn) parts.push(`on ${deliveredOn}`)
  else if (expectedOn) parts.push(`and expected on ${expectedOn}`)
  return [`${parts.join(' ')}.`, delayReason].filter(Boolean).join(' ')
}
