export { chatMessage, geminiMessage, inputMessages, responsesItem, systemInstructions } from './input-messages.ts'
export { isObject, type Json, listOf, type Message, type Part, partsOf } from './message.ts'
