import { createHash } from 'node:crypto'
import { createRequestStateCodec } from '@modelcontextprotocol/server'
import { currentTask } from 'llmops-middleware'
import { RepairableError } from 'llmops-middleware/repair'

type Handle = { readonly tenant: string; readonly total: number; readonly version: number }

const HANDLE_TTL_SECONDS = 24 * 60 * 60

/**
 * A running total. Its whole state is in a signed handle that the caller keeps, so any instance can continue it and none
 * stores it. An old handle continues from the state that it holds.
 */
export function tally(key: string, servedBy: string) {
  // The codec needs exactly 32 bytes; the setting may be longer.
  const handles = createRequestStateCodec<Handle>({
    key: createHash('sha256').update(`tally:${key}`).digest('base64url'),
    ttlSeconds: HANDLE_TTL_SECONDS,
  })

  /** @throws RepairableError if the handle is forged, too old or another tenant's. The message does not say which. */
  async function read(handle: string, tenant: string): Promise<Handle> {
    const state = await handles.verify(handle, undefined as never).catch(() => undefined)
    if (state?.tenant === tenant) return state
    throw new RepairableError([
      { path: 'handle', message: 'is not one of your handles, or is older than a day; leave it out to start at 0' },
    ])
  }

  return {
    name: 'tally',
    description:
      'Adds a whole number to a running total. Pass the handle of the previous result, or leave it out to start at 0.',
    effect: 'read',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['add'],
      properties: {
        add: {
          type: 'integer',
          minimum: -1e9,
          maximum: 1e9,
          description: 'The number to add, in whole units such as cents',
        },
        handle: { type: 'string', maxLength: 1000, description: 'The handle of the previous result' },
      },
    },
    output: {
      type: 'object',
      required: ['total', 'version', 'handle', 'served_by'],
      properties: {
        total: { type: 'integer' },
        version: { type: 'integer', description: 'How many numbers are in it' },
        handle: { type: 'string' },
        served_by: { type: 'string', description: 'The process that answered' },
      },
    },
    async run({ add, handle }: { readonly add: number; readonly handle?: string }) {
      const { tenant } = currentTask()!
      const before = handle === undefined ? { total: 0, version: 0 } : await read(handle, tenant)
      const total = before.total + add
      if (!Number.isSafeInteger(total)) {
        throw new RepairableError([{ path: 'add', message: 'makes the total too large to be exact' }])
      }
      const version = before.version + 1
      return { total, version, handle: await handles.mint({ tenant, total, version }), served_by: servedBy }
    },
  } as const
}
