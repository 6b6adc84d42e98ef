import { fromJsonSchema, type McpServer } from '@modelcontextprotocol/server'
import type { Article } from '../tools/article.ts'
import { readDataFile } from '../tools/data-file.ts'

const articles = readDataFile<Article[]>('help-centre.json').map((article) => ({ ...article, uri: uriOf(article) }))

/** Created once, because memory of a schema that is compiled for each request is never freed. */
const ABOUT_ORDER = fromJsonSchema<{ orderId: string }>({
  type: 'object',
  required: ['orderId'],
  properties: { orderId: { type: 'string', description: 'Such as ORD-1001' } },
})
const ABOUT_COMPLAINT = fromJsonSchema<{ complaint: string }>({
  type: 'object',
  required: ['complaint'],
  properties: { complaint: { type: 'string', description: 'What the customer wrote' } },
})

/** Adds two prompts, and the articles of the help centre as resources. */
export function addShopParts(server: McpServer): void {
  for (const { uri, title, text } of articles) {
    server.registerResource(title, uri, { title, mimeType: 'text/plain' }, () => ({
      contents: [{ uri, mimeType: 'text/plain', text }],
    }))
  }
  server.registerPrompt(
    'order_status',
    { description: 'Asks where an order is, and what can still be done about it', argsSchema: ABOUT_ORDER },
    ({ orderId }) =>
      say(
        `Read order ${orderId} with get_order. Say where it is, when it arrives, and whether it can still be changed.`,
      ),
  )
  server.registerPrompt(
    'answer_complaint',
    { description: 'Answers a complaint by the rules of the help centre', argsSchema: ABOUT_COMPLAINT },
    ({ complaint }) =>
      say(
        `Look up the rules that apply with lookup, then answer this customer kindly and in few words:\n\n${complaint}`,
      ),
  )
}

const say = (text: string) => ({ messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] })

function uriOf({ title }: Article): string {
  return `help://shop/${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
}
