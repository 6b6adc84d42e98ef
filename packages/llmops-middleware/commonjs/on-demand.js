// CommonJS, since nothing else loads a module at once where it is needed, both in Node and out of a bundle. Each of these
// takes as long to load as half of this package, and not everyone who imports it calls a model or a tool.
exports.prices = () => require('@pydantic/genai-prices')
exports.ajv = () => require('ajv/dist/2020.js')
exports.ajvFormats = () => require('ajv-formats')
