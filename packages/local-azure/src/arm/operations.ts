import { randomUUID } from 'node:crypto'
import { ArmError } from './arm-error.ts'

type Operation = { kind: 'running' } | { kind: 'done'; result: unknown } | { kind: 'failed'; reason: string }

/** Long-running operations: the response is 202 while one runs, then its result. */
export class Operations {
  readonly #operations = new Map<string, Operation>()

  start(work: Promise<unknown>): string {
    const id = randomUUID()
    this.#operations.set(id, { kind: 'running' })
    work.then(
      (result) => this.#operations.set(id, { kind: 'done', result }),
      (error: Error) => this.#operations.set(id, { kind: 'failed', reason: error.message }),
    )
    return id
  }

  response(id: string): { status: number; body?: unknown; headers?: Record<string, string> } {
    const operation = this.#operations.get(id)
    switch (operation?.kind) {
      case undefined:
        throw new ArmError(404, 'NotFound', `There is no operation ${id}.`)
      case 'running':
        return { status: 202 }
      case 'failed':
        throw new ArmError(409, 'Conflict', operation.reason)
      case 'done':
        return { status: 200, body: operation.result }
    }
  }
}
