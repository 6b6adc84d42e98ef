/**
 * Serves your tools to other agents by the Model Context Protocol (MCP).
 *
 * @module
 */
export { type McpRouterOptions, mcpRouter } from './mcp-router.ts'
