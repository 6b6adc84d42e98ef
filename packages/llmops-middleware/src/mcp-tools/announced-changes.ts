import type { McpClient, RequestLimits } from './mcp-client.ts'

const METHOD = 'notifications/tools/list_changed'

/** What the clients of both SDKs have, and others may have. */
type Announcing = {
  getServerCapabilities?(): { readonly tools?: { readonly listChanged?: unknown } } | undefined
  fallbackNotificationHandler?: ((notification: { readonly method: string }) => Promise<void>) | undefined
  readonly autoOpenedSubscription?: unknown
  listen?(filter: object, limits: RequestLimits): Promise<unknown>
}

/**
 * Calls `changed` when the server announces that its tools have changed, until the client is closed. A handler of the
 * application for the announcement has priority, and then nothing is called.
 */
export async function onChangedTools(client: McpClient, limits: RequestLimits, changed: () => void): Promise<void> {
  const announcing = client as Announcing
  if (announcing.getServerCapabilities?.()?.tools?.listChanged !== true) return
  const before = announcing.fallbackNotificationHandler
  announcing.fallbackNotificationHandler = async (notification) => {
    if (notification.method === METHOD) changed()
    await before?.call(client, notification)
  }
  if (announcing.autoOpenedSubscription !== undefined) return
  // Up to revision 2025-11-25 announcements come without it, and the client rejects. A server may not answer at all.
  await announcing.listen?.({ toolsListChanged: true }, limits).catch(() => {})
}

/** Runs `act` for each call, one at a time: all calls while it runs are one more run. */
export function oneAtATime(act: () => Promise<void>): () => void {
  let isRunning = false
  let isWanted = false
  const run = async () => {
    isRunning = true
    while (isWanted) {
      isWanted = false
      await act()
    }
    isRunning = false
  }
  return () => {
    isWanted = true
    if (!isRunning) void run()
  }
}
