export { type McpRouterOptions, mcpRouter } from './mcp-router.ts'
