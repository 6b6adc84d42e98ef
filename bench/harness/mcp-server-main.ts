import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import express from 'express'
import { createLlmOps } from 'llmops-middleware'
import { mcpRouter } from 'llmops-middleware/mcp'

/**
 * One tool, served twice by one process: by the router at /mcp, and at /bare by the SDK's handler as its documentation has it,
 * with its schemas compiled once. /usage returns the CPU time and memory of this process, with `?gc` after a collection.
 */

const serverInfo = { name: 'bench', version: '1.0.0' }
const described = { name: 'lookup', description: 'Looks an order up.' }
const parameters = {
  type: 'object' as const,
  properties: { order: { type: 'string' }, limit: { type: 'integer' } },
  required: ['order'],
}
const answer = ({ order }: { readonly order: string }) => `Order ${order} was sent on Monday.`

const ops = createLlmOps({ budget: { limitUsd: 1_000_000 } })
const tool = ops.tool({ ...described, parameters, effect: 'read', run: answer })

const inputSchema = fromJsonSchema<{ order: string }>(parameters)
const bare = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer(serverInfo)
    const { name, description } = described
    server.registerTool(name, { description, inputSchema, annotations: { readOnlyHint: true } }, (args) => ({
      content: [{ type: 'text', text: answer(args) }],
    }))
    return server
  }),
)

const app = express()
app.use(mcpRouter({ ops, tools: [tool], tenant: () => 'bench', serverInfo, allowedHosts: ['127.0.0.1'] }))
app.all('/bare', (request, response) => void bare(request, response))
app.get('/usage', (request, response) => {
  if ('gc' in request.query) globalThis.gc?.()
  // Of the thread that serves: when the others compile and collect is chance.
  const { user, system } = process.threadCpuUsage()
  response.json({ cpuMicros: user + system, heapBytes: process.memoryUsage().heapUsed })
})

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
process.once('disconnect', () => process.exit())
process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
