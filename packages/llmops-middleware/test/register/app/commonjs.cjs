const { serve } = require('./serve.cjs')

// A CommonJS program, which nobody wrote to be governed.
serve(async (name) => require(name))
