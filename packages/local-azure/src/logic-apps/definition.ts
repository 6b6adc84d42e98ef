/** A workflow in the part of the Workflow Definition Language that this runtime supports. */
export type WorkflowDefinition = {
  readonly parameters: Readonly<Record<string, { readonly type: string; readonly defaultValue?: unknown }>>
  readonly trigger: RequestTrigger
  readonly actions: Actions
}

export type RequestTrigger = {
  readonly name: string
  readonly schema?: object
  readonly validatesSchema: boolean
  /** The most runs at a time; infinite if the definition sets no limit. */
  readonly concurrentRuns: number
  readonly waitingRuns: number
  readonly secured: readonly SecuredPart[]
}

export type SecuredPart = 'inputs' | 'outputs'

export type Actions = Readonly<Record<string, Action>>

export type ActionStatus = 'Succeeded' | 'Failed' | 'TimedOut' | 'Skipped' | 'Cancelled'

type Common = {
  readonly runAfter: Readonly<Record<string, readonly ActionStatus[]>>
  readonly secured: readonly SecuredPart[]
}

export type Action = Common &
  (
    | { readonly type: 'Http'; readonly inputs: unknown; readonly followsLocation: boolean }
    | { readonly type: 'If'; readonly expression: unknown; readonly actions: Actions; readonly otherwise: Actions }
    | {
        readonly type: 'Until'
        readonly expression: string
        readonly limit: { readonly count: number; readonly timeoutMs: number }
        readonly actions: Actions
      }
    | { readonly type: 'Scope'; readonly actions: Actions }
    | { readonly type: 'Compose'; readonly inputs: unknown }
    | { readonly type: 'Wait'; readonly inputs: unknown }
    | { readonly type: 'Terminate'; readonly inputs: unknown }
  )
