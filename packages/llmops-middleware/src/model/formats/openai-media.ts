import { withModel } from '../request/form-data.ts'
import type { WireFormat } from '../wire-format.ts'
import { makerAt, promisesEnd } from './makers.ts'
import { namedModel } from './named-model.ts'
import { deploymentIn, endsWithOperation, openAiProvider, withDeployment } from './openai-paths.ts'
import { OPENAI_MAX_REQUEST_BYTES } from './request-limits.ts'

/**
 * What the formats of pictures and sound share. They know no cap that could be clamped, and go to no cheaper model; only a
 * route names another one.
 */
export const openAiMedia = {
  maxRequestBytes: OPENAI_MAX_REQUEST_BYTES,
  provider: openAiProvider,
  maker: makerAt,
  promisesEnd,

  write(request, { model }) {
    const { url, text, body, headers } = request
    const deployment = deploymentIn(url)
    if (model === askedModel(url, body)) return { url, text }
    const isForm = /^multipart\//i.test(headers.get('content-type') ?? '')
    return {
      url: deployment === undefined ? url : withDeployment(url, model),
      text: isForm ? withModel(request, model) : JSON.stringify({ ...body, model }),
    }
  },

  errorBody: ({ message, type, code, details }) => ({ error: { message, type, code, param: null, ...details } }),
} satisfies Partial<WireFormat>

/** A variation that names no model is of the only one that makes any (platform.openai.com/docs/api-reference/images). */
export function askedModel(url: URL, body: Readonly<Record<string, unknown>>): string {
  const onlyOne = endsWithOperation(url, 'images/variations') ? 'dall-e-2' : undefined
  return namedModel(deploymentIn(url), body['model'], onlyOne)
}

/** A number as JSON or a form has it; undefined for what is none. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value || Number.NaN) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** A switch as JSON or a form has it. */
export function isOn(value: unknown): boolean {
  return value === true || value === 'true' || value === '1'
}

export function listed(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
