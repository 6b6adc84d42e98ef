import { createHash } from 'node:crypto'
import { luaFiles } from './generated/lua-files.ts'

/** A Lua script as Redis runs it: one atomic step. */
export type Script = { readonly text: string; readonly sha1: string }

type LuaFile = keyof typeof luaFiles

function script(name: LuaFile, ...shortPath: readonly LuaFile[]): Script {
  const names: readonly LuaFile[] = [...shortPath, 'period.lua', 'account.lua', name]
  const text = names.map((name) => luaFiles[name]).join('\n')
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

export const reserveScript = script('reserve.lua', 'reserve-short.lua')
export const settleScript = script('settle.lua', 'settle-short.lua')
export const renewScript = script('renew.lua')
export const readScript = script('read.lua')
export const setLimitScript = script('set-limit.lua')
