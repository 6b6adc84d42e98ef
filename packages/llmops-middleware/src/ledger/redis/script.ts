import { createHash } from 'node:crypto'
import { luaFiles } from './generated/lua-files.ts'

/** A Lua script as Redis runs it: one atomic step. */
export type Script = { readonly text: string; readonly sha1: string }

function script(name: keyof typeof luaFiles): Script {
  const text = `${luaFiles['period.lua']}\n${luaFiles['account.lua']}\n${luaFiles[name]}`
  return { text, sha1: createHash('sha1').update(text).digest('hex') }
}

export const reserveScript = script('reserve.lua')
export const settleScript = script('settle.lua')
export const renewScript = script('renew.lua')
export const readScript = script('read.lua')
export const setLimitScript = script('set-limit.lua')
