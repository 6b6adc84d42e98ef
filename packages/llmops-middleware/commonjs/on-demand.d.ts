export function prices(): typeof import('@pydantic/genai-prices')
export function ajv(): typeof import('ajv/dist/2020.js')
export function ajvFormats(): typeof import('ajv-formats')
