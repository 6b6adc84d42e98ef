import { LlmOpsError } from '../errors.ts'

/** The rate card has no price for a model, and the rule for that is `block`. */
export class UnknownModelPriceError extends LlmOpsError {
  static override readonly name = 'UnknownModelPriceError'
  static readonly code = 'unknown_model_price'
  readonly code = UnknownModelPriceError.code
  /** The model without a price. */
  readonly model: string

  constructor(model: string) {
    super(
      `No price is known for model '${model}'. Give it one in \`overrides\`, name its model in \`deployments\`, ` +
        "or choose `unknownModel: 'assumeMax'` or 'allow'.",
    )
    this.model = model
  }
}
