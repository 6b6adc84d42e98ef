import { withModel } from '../request/form-data.ts'
import type { WireFormat } from '../wire-format.ts'
import { makerAt, promisesEnd } from './makers.ts'
import { namedModel } from './named-model.ts'
import { deploymentIn, endsWithOperation, openAiProvider, withDeployment } from './openai-paths.ts'
import { OPENAI_MAX_REQUEST_BYTES } from './request-limits.ts'

/**
 * The common part of the image and audio formats. Their requests have no output cap that could be clamped, and are never
 * downshifted; only a route changes their model.
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

/** Only one model generates variations, so a request need not name it (platform.openai.com/docs/api-reference/images). */
export function askedModel(url: URL, body: Readonly<Record<string, unknown>>): string {
  const onlyOne = endsWithOperation(url, 'images/variations') ? 'dall-e-2' : undefined
  return namedModel(deploymentIn(url), body['model'], onlyOne)
}

/** Parses a number of JSON or of a form; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(value || Number.NaN) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** Parses a boolean of JSON or of a form. */
export function isOn(value: unknown): boolean {
  return value === true || value === 'true' || value === '1'
}

export function listed(value: unknown): readonly unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
