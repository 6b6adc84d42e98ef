import type { ClientRequests } from './mcp-client.ts'
import { visibleText } from './tool-text.ts'

/** The maximum length of a server's error text, in characters, because it goes to a model and to logs. */
export const MAX_REASON = 2000

/** Shortens what the server says of a request that failed. The errors are otherwise those of the client. */
export function withShortErrors(requests: ClientRequests): ClientRequests {
  const shorten = (error: unknown) => {
    throw error instanceof Error ? shortened(error) : error
  }
  return {
    listTools: (...parameters) => requests.listTools(...parameters).catch(shorten),
    callTool: (...parameters) => requests.callTool(...parameters).catch(shorten),
  }
}

function shortened(error: Error): Error {
  const { message, stack } = error
  const text = visibleText(message, MAX_REASON)
  if (text !== message) Object.assign(error, { message: text, stack: stack?.replace(message, () => text) })
  return error
}
