import type { Emit, SlotName } from '../events.ts'
import type { Listening } from '../network/listen.ts'
import { openFrontDoor } from './front-door.ts'
import { type Settings, splitSettings } from './settings.ts'
import type { Site, SlotDeclaration } from './site.ts'
import { SwapFailedError } from './swap-failed-error.ts'
import { warmUp } from './warm-up.ts'
import { Worker } from './worker.ts'

export type AppServiceOptions = {
  readonly site: Site
  readonly entry: string
  /** Settings that stand before those of the snapshot, by slot. What is sticky stays with its slot here too. */
  readonly overrides: Readonly<Record<string, Settings>>
  readonly now: () => number
  readonly emit: Emit
  readonly onAnswer: (slot: SlotDeclaration, status: number) => void
}

export type SwapStatus = {
  readonly timestampUtc: string
  readonly sourceSlotName: string
  readonly destinationSlotName: string
}

type Slot = {
  declaration: SlotDeclaration
  place: Settings
  release: Settings
  worker: Worker | undefined
  door: Listening
}

const START_LIMIT_MS = 30_000
// learn.microsoft.com/azure/app-service/reference-app-settings: WEBSITES_CONTAINER_STOP_TIME_LIMIT, in seconds.
const DEFAULT_STOP_LIMIT_SECONDS = 5

/** The web app: a process a slot, a front door before each, and swaps between them. */
export class AppService {
  readonly #options: AppServiceOptions
  readonly #slots = new Map<SlotName, Slot>()
  /** Processes that were replaced and still finish what they began. */
  readonly #leaving = new Set<Promise<void>>()
  #lastSwap: SwapStatus | undefined
  #isSwapping = false
  /** The last swap, which may still run. */
  #swap: Promise<SwapStatus> | undefined
  #isClosed = false
  #instances = 0

  private constructor(options: AppServiceOptions) {
    this.#options = options
  }

  static async start(options: AppServiceOptions): Promise<AppService> {
    const service = new AppService(options)
    const opened = await Promise.allSettled(options.site.slots.map((declaration) => service.#open(declaration)))
    const failed = opened.find((result) => result.status === 'rejected')
    if (failed === undefined) return service
    await service.close()
    throw failed.reason
  }

  get lastSwap(): SwapStatus | undefined {
    return this.#lastSwap
  }

  get isSwapping(): boolean {
    return this.#isSwapping
  }

  url(name: SlotName): string {
    return this.#slot(name).door.url
  }

  hasSlot(name: SlotName): boolean {
    return this.#slots.has(name)
  }

  worker(name: SlotName): Worker | undefined {
    return this.#slot(name).worker
  }

  /** The settings that the slot's next process would get. */
  settings(name: SlotName): Settings {
    const { release, place } = this.#slot(name)
    return { ...release, ...place }
  }

  /** Puts another release into a slot, as a deployment does: its own settings replace the ones that travel. */
  async deploy(name: SlotName, release: Settings): Promise<void> {
    const slot = this.#slot(name)
    slot.release = { ...slot.release, ...release }
    await this.#restart(slot)
  }

  /**
   * Exchanges two slots in the order that App Service documents: the target's sticky settings are applied to the
   * source, which restarts and is warmed up; then routing changes; then the other side restarts with its new place.
   * Whatever fails before routing changes leaves the target as it was.
   * Source: learn.microsoft.com/azure/app-service/deploy-staging-slots#what-happens-during-a-swap
   */
  async swap(sourceName: SlotName, targetName: SlotName): Promise<SwapStatus> {
    if (this.#isClosed) throw new SwapFailedError('the site was closed')
    if (this.#isSwapping) throw new SwapFailedError('another swap is running')
    this.#swap = this.#exchange(sourceName, targetName)
    return await this.#swap
  }

  async #exchange(sourceName: SlotName, targetName: SlotName): Promise<SwapStatus> {
    const { emit, now } = this.#options
    const [source, target] = [this.#slot(sourceName), this.#slot(targetName)]
    this.#isSwapping = true
    emit({ kind: 'swap started', source: sourceName, target: targetName })
    try {
      const candidate = await this.#prepare(source, target)
      const displaced = target.worker
      ;[source.release, target.release] = [target.release, source.release]
      ;[source.worker, target.worker] = [displaced, candidate]
      emit({ kind: 'swap routed' })
      await this.#restart(source)
      this.#lastSwap = {
        timestampUtc: new Date(now()).toISOString(),
        sourceSlotName: sourceName,
        destinationSlotName: targetName,
      }
      emit({ kind: 'swap done', timestampUtc: this.#lastSwap.timestampUtc })
      return this.#lastSwap
    } catch (error) {
      emit({ kind: 'swap failed', reason: (error as Error).message })
      throw error
    } finally {
      this.#isSwapping = false
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    // A swap that runs starts processes, which must end with the rest.
    await this.#swap?.catch(() => {})
    const slots = [...this.#slots.values()]
    await Promise.all(slots.map((slot) => slot.door.close()))
    await Promise.all(slots.map((slot) => slot.worker?.stop(stopLimitMs(this.settings(slot.declaration.name)))))
    await Promise.all(this.#leaving)
  }

  /** Restarts the source with the target's place and warms it up; on failure the source gets its own place back. */
  async #prepare(source: Slot, target: Slot): Promise<Worker> {
    const settings = { ...source.release, ...target.place }
    try {
      const candidate = await this.#start(source.declaration.name, settings, target.declaration.name)
      this.#replace(source, candidate)
      const status = await warmUp(candidate, settings)
      this.#options.emit({ kind: 'swap warmed', status })
      return candidate
    } catch (cause) {
      await this.#restart(source)
      if (cause instanceof SwapFailedError) throw cause
      throw new SwapFailedError('the candidate did not start', { cause })
    }
  }

  async #open(declaration: SlotDeclaration): Promise<void> {
    const { site, overrides, onAnswer } = this.#options
    const settings = { ...declaration.settings, ...overrides[declaration.name] }
    const slot: Omit<Slot, 'door'> = { declaration, ...splitSettings(settings, site.stickyNames), worker: undefined }
    const door = await openFrontDoor({
      worker: () => this.#slots.get(declaration.name)?.worker,
      onAnswer: (status) => onAnswer(declaration, status),
    })
    const opened = { ...slot, door }
    this.#slots.set(declaration.name, opened)
    opened.worker = await this.#start(declaration.name, settings)
  }

  /** Gives the slot a new process of its own release in its own place; without one it answers 502. */
  async #restart(slot: Slot): Promise<void> {
    const { name } = slot.declaration
    const worker = await this.#start(name, this.settings(name)).catch((error: Error) => {
      this.#options.emit({ kind: 'worker ended', slot: name, instance: '', reason: error.message })
      return undefined
    })
    this.#replace(slot, worker)
  }

  /** Routes the slot to another process; the one before is told to end, and may finish what it began. */
  #replace(slot: Slot, worker: Worker | undefined): void {
    const displaced = slot.worker
    slot.worker = worker
    if (displaced === undefined) return
    const limitMs = stopLimitMs(this.settings(slot.declaration.name))
    const leaving = displaced.stop(limitMs).finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }

  async #start(slot: SlotName, settings: Settings, place: SlotName = slot): Promise<Worker> {
    const { site, entry, emit } = this.#options
    const instance = `${site.name}-${++this.#instances}`
    const worker = await Worker.start({
      entry,
      instance,
      startLimitMs: START_LIMIT_MS,
      environment: {
        ...settings,
        WEBSITE_SITE_NAME: site.name,
        WEBSITE_SLOT_NAME: place,
        WEBSITE_INSTANCE_ID: instance,
      },
      onLine: (line) => emit({ kind: 'worker output', slot, instance, line }),
      onExit: (reason) => emit({ kind: 'worker ended', slot, instance, reason }),
    })
    emit({ kind: 'worker started', slot, instance })
    return worker
  }

  #slot(name: SlotName): Slot {
    const slot = this.#slots.get(name)
    if (slot === undefined)
      throw new Error(`There is no slot ${name}; there are ${[...this.#slots.keys()].join(', ')}.`)
    return slot
  }
}

function stopLimitMs(settings: Settings): number {
  return Number(settings['WEBSITES_CONTAINER_STOP_TIME_LIMIT'] ?? DEFAULT_STOP_LIMIT_SECONDS) * 1000
}
