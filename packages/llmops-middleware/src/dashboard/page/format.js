// How figures are written: one way for each kind, the same on every part of the page.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const money = { style: 'currency', currency: 'USD' }
const dollars = new Intl.NumberFormat('en', money)
const small = new Intl.NumberFormat('en', { ...money, minimumSignificantDigits: 3, maximumSignificantDigits: 3 })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Shown for an unknown value: no figure, because zero would look like a count. */
export const NOTHING = '–'

const known = (write) => (value) =>
  value === undefined || value === null || Number.isNaN(value) ? NOTHING : write(value)

export const count = known((value) => whole.format(value))

/** Three digits below a dollar, cents from there on. */
export const usd = known((value) =>
  value === 0 || Math.abs(value) >= 0.9995 ? dollars.format(value) : small.format(value),
)

/** 100% and 0% only where it is all or nothing: 9,999 of 10,000 is 99.99%. */
export const percent = known((ratio) => {
  for (const digits of ratio === 0 || ratio === 1 ? [0] : [1, 2, 3]) {
    const text = (ratio * 100).toFixed(digits)
    if (ratio === 0 || ratio === 1 || (Number(text) !== 100 && Number(text) !== 0)) return `${text}%`
  }
  return ratio < 0.5 ? '<0.001%' : '>99.999%'
})

export const duration = known((ms) => {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / SECOND).toFixed(ms < 9995 ? 2 : 1)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`
})

/** A span of time without its finer part: "in 3 h", "40 s ago". */
export const roughly = known((ms) => {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`
  return `${Math.floor(ms / DAY)} d`
})

/** The time of day, with the date where it is another day than that of `nowMs`. */
export function timeOf(atMs, nowMs) {
  return withDay(atMs, nowMs, clock)
}

export function minuteOf(atMs, nowMs) {
  return withDay(atMs, nowMs, minute)
}

function withDay(atMs, nowMs, format) {
  const time = format.format(atMs)
  return day.format(atMs) === day.format(nowMs) ? time : `${day.format(atMs)} ${time}`
}

export const plural = (value, word, words = `${word}s`) => `${count(value)} ${value === 1 ? word : words}`

const LONGEST = 120

/** Names come from outside: a name of ten thousand characters is shown by its beginning, and whole on its own page. */
export function short(text) {
  const letters = [...text.slice(0, 2 * LONGEST)]
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join('')}…` : text
}

/** A round figure that was chosen, such as an objective or a step of an axis: 95%, not 95.0%. */
export const plain = (text) => text.replace(/(\.\d*?)0+(?=\D*$)/, '$1').replace(/\.(?=\D*$)/, '')
