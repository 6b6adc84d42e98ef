export { type CapturedAnswer, captureAnswer, requestContent } from './model-content.ts'
export { toolArguments, toolResult } from './tool-content.ts'
