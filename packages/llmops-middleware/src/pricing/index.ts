export { createRateCard, RATE_CARD_OPTIONS, type RateCardOptions } from './create-rate-card.ts'
export type { PriceOptions } from './price.ts'
export { type ModelKind, RATE_CARD, type RateCard } from './rate-card.ts'
export { UnknownModelPriceError } from './unknown-model-price-error.ts'
