import { readDataFile } from './data-file.ts'

type Order = {
  readonly id: string
  readonly status: string
  readonly carrier?: string
  readonly expectedOn?: string
  readonly deliveredOn?: string
  readonly delayReason?: string
}

/** Whether a question names an order. */
export function namesOrder() {
  return (question: string): boolean => /\bORD-[0-9]{4}\b/i.test(question)
}

/** Reads one order. An order that does not exist is an answer, not an error: the customer mistyped. */
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
        orderId: { type: 'string', pattern: '^ORD-[0-9]{4}$', description: 'The order number, such as ORD-1001' },
      },
    },
    run({ orderId }: { orderId: string }) {
      const order = orders.get(orderId)
      return order
        ? { found: true, order, message: summaryOf(order) }
        : { found: false, message: `There is no order ${orderId}.` }
    },
  } as const
}

/** What most customers want to know, so that the model need not put it together. */
function summaryOf({ id, status, carrier, expectedOn, deliveredOn, delayReason }: Order): string {
  const parts = [`Order ${id} is ${status}`]
  if (carrier) parts.push(`with ${carrier}`)
  if (deliveredOn) parts.push(`on ${deliveredOn}`)
  else if (expectedOn) parts.push(`and expected on ${expectedOn}`)
  return [`${parts.join(' ')}.`, delayReason].filter(Boolean).join(' ')
}
