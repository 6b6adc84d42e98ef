/** Words that people use for the values of enums. */
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

/** The choice that a word stands for, if any. */
export function choiceFor(choices: readonly unknown[], word: string): unknown {
  const lower = word.toLowerCase()
  const spoken = (Object.hasOwn(SPOKEN, lower) ? SPOKEN[lower]! : word).toLowerCase()
  return choices.find((choice) => String(choice).toLowerCase() === spoken)
}
