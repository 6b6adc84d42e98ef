// Of the package that is published, which depends on none of the others.
export { nearest } from '../../llmops-middleware/src/nearest.ts'
