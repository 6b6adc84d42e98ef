import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, rm, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Context } from '../context.ts'
import { bounded, reasonOf } from '../probes/bounded.ts'
import type { Finding } from '../report.ts'

/** A ledger and a temporary file need less; a disk with less fills up soon. */
const LEAST_BYTES = 64 * 1024 * 1024
const PROBE_BYTES = 64 * 1024

export async function checkDisk(context: Context): Promise<readonly Finding[]> {
  const { app, variables, cwd, signal, options } = context
  const folder = app?.dataFolder ?? (variables['DATA_DIR'] ? resolve(cwd, variables['DATA_DIR']) : undefined)
  if (folder === undefined) return [{ layer: 'disk', status: 'skipped', detail: 'no data folder is named (DATA_DIR)' }]
  const asked = await bounded(options.timeoutMs, signal, () => probe(folder))
  if (!asked.ok) {
    const reason = reasonOf(asked.error)
    return [
      {
        layer: 'disk',
        status: 'failed',
        detail: `${folder} cannot be written: ${reason}`,
        next: hintFor(reason),
        ms: asked.ms,
      },
    ]
  }
  const { freeBytes, isNew } = asked.value
  const free = `${Math.round(freeBytes / 1024 / 1024).toLocaleString('en')} MB free`
  const data = { folder, freeBytes }
  if (freeBytes < LEAST_BYTES) {
    return [
      {
        layer: 'disk',
        status: 'failed',
        detail: `${folder} is nearly full: ${free}`,
        next: hintFor('ENOSPC'),
        ms: asked.ms,
        data,
      },
    ]
  }
  return [
    {
      layer: 'disk',
      status: 'ok',
      detail: `${folder} ${isNew ? 'can be made' : 'is writable'}, ${free}`,
      ms: asked.ms,
      data,
    },
  ]
}

/** Writes as the app would, and leaves nothing behind. */
async function probe(folder: string): Promise<{ freeBytes: number; isNew: boolean }> {
  const isNew = !existsSync(folder)
  const nearest = isNew ? firstThatExists(folder) : folder
  const file = join(nearest, `.llmops-doctor-${randomBytes(6).toString('hex')}`)
  // If the folder does not exist yet, its parent must be writable.
  if (isNew) await mkdir(file).then(() => rm(file, { recursive: true }))
  else await writeAndRemove(file)
  const { bavail, bsize } = await statfs(nearest)
  return { freeBytes: bavail * bsize, isNew }
}

async function writeAndRemove(file: string): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(Buffer.alloc(PROBE_BYTES))
    // A full disk may report the error only when the data is flushed.
    await handle.sync()
  } finally {
    await handle.close()
    await rm(file, { force: true })
  }
}

function firstThatExists(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : firstThatExists(dirname(folder))
}

function hintFor(reason: string): string {
  switch (reason) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'The disk is full: remove old logs and files, or move DATA_DIR to another one. The ledger takes no calls until then.'
    case 'EROFS':
      return 'It is mounted read-only: point DATA_DIR at a folder of the app, such as /home/data on App Service.'
    case 'ENOTDIR':
      return 'A file is where the folder should be: move it, or set another DATA_DIR.'
    default:
      return 'Give the user of the app the right to write there, or set another DATA_DIR.'
  }
}
