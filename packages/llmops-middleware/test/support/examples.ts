/** The examples in TypeScript of a page, in order. */
export function examplesOf(page: string): readonly string[] {
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)
}

/** As a reader goes through it: later examples use what the first one made. */
export function oneFileOf(page: string): string {
  return examplesOf(page).join('\n')
}
