// Loaded before the app: hides a package that it imports, as an install that left it out would.
import { registerHooks } from 'node:module'

registerHooks({
  resolve(name, context, next) {
    if (name !== 'express') return next(name, context)
    const error = new Error(`Cannot find package 'express' imported from ${context.parentURL}`)
    throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' })
  },
})
