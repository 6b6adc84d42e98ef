export function npxCommand(options?: {
  readonly platform?: string
  readonly execPath?: string
  readonly path?: string | undefined
}): [command: string, ...args: string[]]
