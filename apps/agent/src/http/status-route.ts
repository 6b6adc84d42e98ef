import type { RequestHandler } from 'express'
import type { Settings } from '../settings/settings.ts'
import type { Admission } from './admission.ts'
import type { Instance } from './instance.ts'

export type StatusRouteOptions = {
  readonly instance: Instance
  readonly settings: Settings
  readonly admission: Admission
}

/** `GET /status`: which process this is, and how many requests it is running. `/api` has the history. */
export function statusRoute({ instance, settings, admission }: StatusRouteOptions): RequestHandler {
  return (_request, response) => {
    response.set('cache-control', 'no-store').json({
      ...instance,
      models: { primary: settings.model.primary, downshift: settings.model.downshift },
      isDraining: admission.isDraining,
      running: admission.running,
    })
  }
}
