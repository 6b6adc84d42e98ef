import { SETTINGS } from '../../src/register/settings.ts'

/** The JSON Schema of `llmops.config.json`; `llmops.config.schema.json` is this, written down. */
export function configSchema(): object {
  const properties = Object.entries(SETTINGS).map(([name, { schema, says, otherwise }]) => [
    name,
    { description: `${says} Default: ${otherwise}.`, ...schema },
  ])
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Settings of llmops-middleware/register',
    type: 'object',
    properties: { $schema: { type: 'string' }, ...Object.fromEntries(properties) },
    additionalProperties: false,
  }
}
