// Governs the process that it is loaded into: node --import llmops-middleware/register app.js
import { register } from './register.ts'

await register()
