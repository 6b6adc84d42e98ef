import { readDataFile } from './data-file.ts'

type Rates = { readonly base: string; readonly days: Readonly<Record<string, Readonly<Record<string, number>>>> }
type Conversion = { amount: number; from: string; to: string; date?: string }

/** Whether a question names an amount and two currencies. */
export function namesConversion() {
  const codes = new Set(codesOf(readDataFile<Rates>('exchange-rates.json')))
  return (question: string): boolean => {
    const named = question.toUpperCase().match(/[A-Z]{3,}/g) ?? []
    return /\d/.test(question) && new Set(named.filter((word) => codes.has(word))).size >= 2
  }
}

/**
 * Converts a price. Models often get these arguments wrong (`"€120"`, `euro`, `20 Nov 2026`), so the schema is strict:
 * arguments that do not fit it are repaired before `run` is called.
 */
export function convertCurrency() {
  const rates = readDataFile<Rates>('exchange-rates.json')
  const { base, days } = rates
  const dates = datesOf(rates)
  const codes = codesOf(rates)
  return {
    name: 'convert_currency',
    description: 'Converts an amount of money at the rate of a day. Weekends use the working day before.',
    effect: 'read',
    parameters: {
      type: 'object',
      additionalProperties: false,
      required: ['amount', 'from', 'to'],
      properties: {
        amount: { type: 'number', minimum: 0, maximum: 1e9, description: 'The amount, as a number' },
        from: { type: 'string', enum: codes, description: 'ISO 4217 code of the amount' },
        to: { type: 'string', enum: codes, description: 'ISO 4217 code of the result' },
        date: {
          type: 'string',
          pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$',
          description: 'ISO date of the rate, such as 2026-11-20; leave it out for the newest',
        },
      },
    },
    run({ amount, from, to, date }: Conversion) {
      const day = date === undefined ? dates.at(-1) : dates.findLast((known) => known <= date)
      if (day === undefined)
        return { found: false, message: `There are no rates for ${date}; the first are of ${dates[0]}.` }
      const ofDay = { ...days[day], [base]: 1 } as Record<string, number>
      const rate = ofDay[to]! / ofDay[from]!
      const result = round(amount * rate, 2)
      const message = `${amount} ${from} are ${result} ${to} at the rate of ${day}.`
      return { found: true, result, rate: round(rate, 6), rateOf: day, message }
    },
  } as const
}

function datesOf({ days }: Rates): string[] {
  return Object.keys(days).sort()
}

function codesOf(rates: Rates): string[] {
  return [rates.base, ...Object.keys(rates.days[datesOf(rates).at(-1)!]!)]
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
