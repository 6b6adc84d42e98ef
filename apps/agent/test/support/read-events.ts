export type ReadEvent = { readonly event: string; readonly data: Record<string, unknown> }

/** All events of a stream of server-sent events, read to its end. */
export async function readEvents(response: Response): Promise<ReadEvent[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block !== '')
  return blocks.map((block) => {
    const [, event, data] = /^event: (.*)\ndata: (.*)$/s.exec(block) ?? []
    if (event === undefined || data === undefined) throw new Error(`Not an event: ${block}`)
    return { event, data: JSON.parse(data) as Record<string, unknown> }
  })
}
