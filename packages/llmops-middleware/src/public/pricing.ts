/**
 * What models cost.
 *
 * @module
 */
export {
  type BillingTerms,
  createRateCard,
  type ModelKind,
  type PriceOptions,
  type RateCard,
  type RateCardOptions,
  UnknownModelPriceError,
} from '../pricing/index.ts'
