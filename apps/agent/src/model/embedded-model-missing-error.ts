/** The embedded model is not installed: the deployed package does not contain it. */
export class EmbeddedModelMissingError extends Error {
  override readonly name = 'EmbeddedModelMissingError'
  readonly code = 'embedded_model_missing'

  constructor(cause: unknown) {
    const advice =
      'set AZURE_OPENAI_ENDPOINT, or start the agent in its repository, where `npx --yes pnpm@12 install` links the model'
    super(`The embedded model is not part of this package: ${advice}.`, { cause })
  }
}
