import { readDataFile } from './data-file.ts'

type Rates = { readonly base: string; readonly days: Readonly<Record<string, Readonly<Record<string, number>>>> }
type Conversion = { amount: number; from: string; to: string; date?: string }

/**
 * Converts a price. Its arguments are the ones models get wrong most often (`"€120"`, `euro`, `20 Nov 2026`), so the
 * schema is strict and what fails it is repaired before this runs.
 */
export function convertCurrency() {
  const { base, days } = readDataFile<Rates>('exchange-rates.json')
  const dates = Object.keys(days).sort()
  const newest = days[dates.at(-1)!]!
  const codes = [base, ...Object.keys(newest)]
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
      const rates = { ...days[day], [base]: 1 } as Record<string, number>
      const rate = rates[to]! / rates[from]!
      const result = round(amount * rate, 2)
      const message = `${amount} ${from} are ${result} ${to} at the rate of ${day}.`
      return { found: true, result, rate: round(rate, 6), rateOf: day, message }
    },
  } as const
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
