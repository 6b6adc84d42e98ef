export { asksAboutShop } from './asks-about-shop.ts'

import { helpCentre } from './help-centre.ts'
import { searchSnapshot } from './search-snapshot.ts'
import { webSearch } from './web-search.ts'

/** Answers questions about the shop, from the freshest source that can be reached. */
export function lookup(searchUrl: URL | undefined) {
  return {
    name: 'lookup',
    description: 'Looks up how the shop works: returns, delivery, warranty, sizes, care, payment, stores, customs.',
    effect: 'read',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['query'],
      properties: { query: { type: 'string', minLength: 2, maxLength: 300, description: 'What to look up' } },
    },
    run: webSearch(searchUrl),
    fallbacks: [searchSnapshot(), helpCentre()],
  } as const
}
