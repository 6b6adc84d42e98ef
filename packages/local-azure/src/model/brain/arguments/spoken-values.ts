/** Words for values that people write and enums do not. */
const SPOKEN: Readonly<Record<string, string>> = {
  euro: 'EUR',
  euros: 'EUR',
  '€': 'EUR',
  dollar: 'USD',
  dollars: 'USD',
  $: 'USD',
  pound: 'GBP',
  pounds: 'GBP',
  '£': 'GBP',
  yen: 'JPY',
  franc: 'CHF',
  francs: 'CHF',
  urgent: 'high',
}

/** The choice that a word means, if it means one. */
export function choiceFor(choices: readonly unknown[], word: string): unknown {
  const lower = word.toLowerCase()
  const spoken = (Object.hasOwn(SPOKEN, lower) ? SPOKEN[lower]! : word).toLowerCase()
  return choices.find((choice) => String(choice).toLowerCase() === spoken)
}
