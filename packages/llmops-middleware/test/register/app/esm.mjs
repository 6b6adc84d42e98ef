import { serve } from './serve.cjs'

// An ECMAScript module, which nobody wrote to be governed.
await serve((name) => import(name))
