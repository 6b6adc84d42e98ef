import { expect, it } from 'vitest'
import { createNeedsTool } from './needs-tool.ts'

const needsTool = createNeedsTool()

it.each([
  // The questions that the drill asks.
  'What is your return policy?',
  'Where is my order ORD-1001?',
  'Convert 120 USD to EUR',
  'How long does shipping take?',
  'It is ord-1006',
  'Hello! What is your return policy?',
  'Hi there, do you ship to Norway',
  'Hi. I want to send back my boots, can I?',
  'Thanks. And how much is 20 EUR in USD?',
  'Tell me about the warranty.',
  'Please explain how to wash a down jacket',
  'is express delivery free',
  'Thanks! Where is ORD-1002?',
  'Thanks, but where is ORD-1002?',
  'Thank you. It is ORD-1001.',
  'I need a refund',
  'My zip is broken, what now?',
])('a question about a fact of the shop needs a tool: %s', (question) => {
  expect(needsTool(question)).toBe(true)
})

it.each([
  'Hello',
  'hi!',
  'Good morning, how are you?',
  'Guten Tag',
  'Thanks, bye!',
  'Thank you, that was a great help with my return.',
  'Nice shop. How are you today?',
  'Thanks, ORD-1001 arrived!',
  'Thank you so much for ORD-1001.',
  'Thanks, so 120 USD are 110 EUR.',
  'Take care!',
  'Who are you?',
  'Can you help me?',
  // The agent asks for the number first.
  'Where is my order?',
  'Convert some money',
  'Convert 120 USD',
  'Write me a poem about the sea.',
  'yes',
  '👋',
  '',
])('needs no tool: %s', (question) => {
  expect(needsTool(question)).toBe(false)
})
