import { readdir, readFile, readlink } from 'node:fs/promises'

/** A TCP socket that listens on this machine. */
export type Listener = {
  readonly port: number
  /** Whether only this machine can reach it. */
  readonly isLoopback: boolean
  /** Undefined for a process of another user. */
  readonly process: ListeningProcess | undefined
}

export type ListeningProcess = { readonly id: number; readonly command: string; readonly cwd: string | undefined }

/** Everything that listens; undefined where the system does not say so in /proc. */
export async function readListeners(): Promise<readonly Listener[] | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  if (tables[0] === '') return undefined
  const sockets = tables.flatMap((table) => table.split('\n').slice(1).flatMap(readLine))
  const owners = await ownersOf(new Set(sockets.map(({ inode }) => inode)))
  return sockets.map(({ inode, ...socket }) => ({ ...socket, process: owners.get(inode) }))
}

const LISTEN = '0A'

/** `sl local_address rem_address st … inode`; source: docs.kernel.org/networking/proc_net_tcp.html */
function readLine(line: string) {
  const fields = line.trim().split(/\s+/)
  const [address = '', port = ''] = (fields[1] ?? '').split(':')
  if (fields[3] !== LISTEN) return []
  return [{ port: Number.parseInt(port, 16), isLoopback: isLoopback(address), inode: fields[9]! }]
}

/** In the order of bytes of the machine, four at a time. */
function isLoopback(address: string): boolean {
  if (address.length === 8) return address.endsWith('7F')
  return address === '00000000000000000000000001000000' || /^0{16}FFFF0000.{6}7F$/.test(address)
}

async function ownersOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, ListeningProcess>> {
  const owners = new Map<string, ListeningProcess>()
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  await Promise.all(
    ids.map(async (id) => {
      // The process may have ended meanwhile, or belong to another user.
      const descriptors = await readdir(`/proc/${id}/fd`).catch(() => [])
      const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${id}/fd/${fd}`).catch(() => '')))
      const own = links
        .flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
        .filter((inode) => inodes.has(inode))
      if (own.length === 0) return
      const command = (await readFile(`/proc/${id}/comm`, 'utf8').catch(() => '')).trim()
      const cwd = await readlink(`/proc/${id}/cwd`).catch(() => undefined)
      for (const inode of own) owners.set(inode, { id: Number(id), command, cwd })
    }),
  )
  return owners
}

/** The environment that a process was started with. @throws where it cannot be read. */
export async function variablesOf(processId: number): Promise<Record<string, string>> {
  const text = await readFile(`/proc/${processId}/environ`, 'utf8')
  return Object.fromEntries(
    text.split('\0').flatMap((line) => {
      const at = line.indexOf('=')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : []
    }),
  )
}
