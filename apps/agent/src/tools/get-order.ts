import { readDataFile } from './data-file.ts'

type Order = { readonly id: string; readonly status: string } & Readonly<Record<string, unknown>>

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
      return order ? { found: true, order } : { found: false, message: `There is no order ${orderId}.` }
    },
  } as const
}
