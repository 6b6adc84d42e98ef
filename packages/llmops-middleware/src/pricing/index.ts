export { createRateCard, type RateCardOptions } from './create-rate-card.ts'
export type { PriceOptions } from './price.ts'
export type { ModelKind, RateCard } from './rate-card.ts'
export { UnknownModelPriceError } from './unknown-model-price-error.ts'
