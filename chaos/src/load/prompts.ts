/** What users of the reference agent ask; each makes it call a tool. */
export const PROMPTS: readonly string[] = [
  'What is your return policy?',
  'Where is my order ORD-1001?',
  'Convert 120 USD to EUR',
  'How long does shipping take?',
]

export function promptFor(index: number): string {
  return PROMPTS[index % PROMPTS.length]!
}
