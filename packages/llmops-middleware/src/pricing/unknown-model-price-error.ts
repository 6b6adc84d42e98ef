import { LlmOpsError } from '../errors.ts'

/** What a request that names no model is called, so that it can have a price: `deployments: { unnamed: 'gpt-4o' }`. */
export const UNNAMED = 'unnamed'

/** The rate card has no price for a model, and the rule for that is `block`. */
export class UnknownModelPriceError extends LlmOpsError {
  static override readonly name = 'UnknownModelPriceError'
  static readonly code = 'unknown_model_price'
  readonly code = UnknownModelPriceError.code
  /** The model without a price. */
  readonly model: string

  constructor(model: string, isByPiece = false) {
    super(messageFor(model, isByPiece))
    this.model = model
  }
}

function messageFor(model: string, isByPiece: boolean): string {
  if (model === UNNAMED) {
    return (
      'The request names no model, so its price is unknown. Name one, or define which model is meant with ' +
      "`createLlmOps({ rateCard: { deployments: { unnamed: 'gpt-4o' } } })`."
    )
  }
  if (isByPiece) {
    return (
      `The price of model '${model}' is by the piece, and not for what this call is billed by. Give the rest of it by ` +
      `\`createLlmOps({ rateCard: { overrides: { '${model}': { … } } } })\`.`
    )
  }
  return (
    `No price is known for model '${model}'. If that is a deployment, name the model that it serves: ` +
    `\`createLlmOps({ rateCard: { deployments: { '${model}': 'gpt-4o' } } })\`. If it is a model, give its price in ` +
    "`rateCard.overrides`, or choose `rateCard.unknownModel: 'assumeMax'` or 'allow' for all such models."
  )
}
