import type { Clock } from '../clock/clock.ts'
import type { Emit, SlotName } from '../events.ts'
import type { Listening } from '../network/listen.ts'
import { openFrontDoor } from './front-door.ts'
import { type Instance, newInstance, newMachineId } from './instance.ts'
import { inRotation, maxUnhealthyPercentOf } from './rotation.ts'
import { type Settings, splitSettings } from './settings.ts'
import type { Site, SlotDeclaration } from './site.ts'
import { SwapFailedError } from './swap-failed-error.ts'
import { warmUp } from './warm-up.ts'
import { Worker } from './worker.ts'

export type AppServiceOptions = {
  readonly site: Site
  readonly entry: string
  /** Settings that override those of the snapshot, by slot. Sticky settings stay with their slot here too. */
  readonly overrides: Readonly<Record<string, Settings>>
  /** The number of machines. */
  readonly instances: number
  readonly clock: Clock
  /** How long a swap takes, in milliseconds of rule time. */
  readonly swapMs: number
  readonly emit: Emit
  readonly onResponse: (slot: SlotDeclaration, status: number) => void
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
  instances: readonly Instance[]
  door: Listening
}

// learn.microsoft.com/azure/app-service/reference-app-settings: WEBSITES_CONTAINER_START_TIME_LIMIT, by default.
const DEFAULT_START_LIMIT_SECONDS = 230
// learn.microsoft.com/azure/app-service/reference-app-settings: WEBSITES_CONTAINER_STOP_TIME_LIMIT, in seconds.
const DEFAULT_STOP_LIMIT_SECONDS = 5

/** The web app: for each slot a process on each machine of the plan, behind a front door, and swaps between slots. */
export class AppService {
  readonly #options: AppServiceOptions
  readonly #slots = new Map<SlotName, Slot>()
  /** Replaced processes that still finish their requests. */
  readonly #stopping = new Set<Promise<void>>()
  #lastSwap: SwapStatus | undefined
  #isSwapping = false
  /** The last swap, which may still run. */
  #swap: Promise<SwapStatus> | undefined
  readonly #closing = new AbortController()
  /** The ids of the machines that the plan has now. */
  readonly #machines: string[]

  private constructor(options: AppServiceOptions) {
    this.#options = options
    this.#machines = Array.from({ length: options.instances }, newMachineId)
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

  instances(name: SlotName): readonly Instance[] {
    return this.#slot(name).instances
  }

  /** The settings for the slot's next process. */
  settings(name: SlotName): Settings {
    const { release, place } = this.#slot(name)
    return { ...release, ...place }
  }

  /** The environment of the slot's process on the first machine, without PORT if no process runs. */
  environment(name: SlotName): Settings {
    const [first] = this.instances(name)
    const settings = this.#environmentOn(first?.id ?? '', this.settings(name), name)
    return first?.worker === undefined
      ? settings
      : { ...settings, PORT: settings['PORT'] || new URL(first.worker.url).port }
  }

  /** Deploys another release to a slot. Its settings replace the slot's settings that are not sticky. */
  async deploy(name: SlotName, release: Settings): Promise<void> {
    const slot = this.#slot(name)
    slot.release = { ...slot.release, ...release }
    await this.#restart(slot)
  }

  /** Replaces a machine of the plan: every slot gets a process on the new machine, and the old processes end. */
  async replace(id: string): Promise<string> {
    const index = this.#machines.indexOf(id)
    if (index === -1) throw new Error(`There is no instance ${id}; there are ${this.#machines.join(', ')}.`)
    if (this.#isSwapping) throw new Error('An instance cannot be replaced while the slots are swapped.')
    const machine = newMachineId()
    this.#machines[index] = machine
    await Promise.all(
      [...this.#slots.values()].map(async (slot) => {
        const started = await this.#startOrNothing(slot, machine)
        this.#route(
          slot,
          slot.instances.map((instance) => (instance.id === id ? started : instance)),
        )
      }),
    )
    return machine
  }

  /**
   * Exchanges two slots in the order that App Service documents: the target's sticky settings are applied to the
   * source, all instances of which restart and are warmed up; then routing changes; then the other release restarts in
   * its new slot. A failure before routing changes leaves the target as it was.
   * Source: learn.microsoft.com/azure/app-service/deploy-staging-slots#what-happens-during-a-swap
   */
  async swap(sourceName: SlotName, targetName: SlotName): Promise<SwapStatus> {
    if (this.#closing.signal.aborted) throw new SwapFailedError('the site was closed')
    if (this.#isSwapping) throw new SwapFailedError('another swap is running')
    this.#swap = this.#exchange(sourceName, targetName)
    return await this.#swap
  }

  async #exchange(sourceName: SlotName, targetName: SlotName): Promise<SwapStatus> {
    const { emit, swapMs } = this.#options
    const [source, target] = [this.#slot(sourceName), this.#slot(targetName)]
    this.#isSwapping = true
    emit({ kind: 'swap started', source: sourceName, target: targetName })
    try {
      const candidates = await this.#prepare(source, target)
      // What the processes needed here says nothing about App Service, which needs this long.
      if (swapMs > 0) await this.#sleep(swapMs)
      const displaced = target.instances
      ;[source.release, target.release] = [target.release, source.release]
      ;[source.instances, target.instances] = [displaced, candidates]
      emit({ kind: 'swap routed' })
      await this.#restart(source)
      this.#lastSwap = {
        timestampUtc: this.#timeOfThisSwap(),
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
    this.#closing.abort()
    // A running swap starts processes, which must be stopped too.
    await this.#swap?.catch(() => {})
    const slots = [...this.#slots.values()]
    await Promise.all(slots.map((slot) => slot.door.close()))
    for (const slot of slots) this.#route(slot, [])
    await Promise.all(this.#stopping)
  }

  /** Restarts the source with the target's sticky settings and warms up all instances; on failure it undoes this. */
  async #prepare(source: Slot, target: Slot): Promise<readonly Instance[]> {
    const { clock, emit } = this.#options
    const settings = { ...source.release, ...target.place }
    try {
      const candidates = await this.#startAll(source.declaration.name, settings, target.declaration.name)
      this.#route(source, candidates)
      await Promise.all(
        candidates.map(async ({ id, worker }) => {
          const status = await clock.pauseDuring(() => warmUp(worker!, settings, startLimitMs(settings)))
          emit({ kind: 'swap warmed', instance: id, status })
        }),
      )
      return candidates
    } catch (cause) {
      await this.#restart(source)
      if (cause instanceof SwapFailedError) throw cause
      throw new SwapFailedError('the candidate did not start', { cause })
    }
  }

  /** Two swaps never have the same time, even where they take none. */
  #timeOfThisSwap(): string {
    const before = Date.parse(this.#lastSwap?.timestampUtc ?? '1970-01-01T00:00:00.000Z')
    return new Date(Math.max(this.#options.clock.now(), before + 1)).toISOString()
  }

  async #sleep(milliseconds: number): Promise<void> {
    await this.#options.clock.sleep(milliseconds, this.#closing.signal).catch((cause) => {
      throw new SwapFailedError('the site was closed', { cause })
    })
  }

  async #open(declaration: SlotDeclaration): Promise<void> {
    const { site, overrides, onResponse } = this.#options
    const { name, hasAffinity } = declaration
    const settings = { ...declaration.settings, ...overrides[name] }
    const slot: Omit<Slot, 'door'> = { declaration, ...splitSettings(settings, site.stickyNames), instances: [] }
    const door = await openFrontDoor({
      rotation: () => inRotation(opened.instances, maxUnhealthyPercentOf(this.settings(name))),
      hasAffinity,
      onResponse: (status) => onResponse(declaration, status),
    })
    const opened: Slot = { ...slot, door }
    this.#slots.set(name, opened)
    opened.instances = await this.#startAll(name, settings)
  }

  /** Starts new processes for the slot. An instance whose process does not start responds with 502. */
  async #restart(slot: Slot): Promise<void> {
    this.#route(slot, await Promise.all(this.#machines.map((machine) => this.#startOrNothing(slot, machine))))
  }

  async #startOrNothing(slot: Slot, machine: string): Promise<Instance> {
    const { name } = slot.declaration
    const worker = await this.#start(machine, name, this.settings(name)).catch((error: Error) => {
      this.#options.emit({ kind: 'worker ended', slot: name, instance: machine, reason: error.message })
      return undefined
    })
    return newInstance(machine, worker)
  }

  /** Routes the slot to other processes. The replaced ones get a signal to stop, and may finish their requests. */
  #route(slot: Slot, instances: readonly Instance[]): void {
    const displaced = slot.instances.filter((instance) => !instances.includes(instance))
    slot.instances = instances
    const limitMs = stopLimitMs(this.settings(slot.declaration.name))
    for (const { worker } of displaced) {
      if (worker === undefined) continue
      const stopping = this.#options.clock
        .pauseDuring(() => worker.stop(limitMs))
        .finally(() => this.#stopping.delete(stopping))
      this.#stopping.add(stopping)
    }
  }

  /** Starts a process on each machine. If one of them does not start, the others are stopped. */
  async #startAll(slot: SlotName, settings: Settings, place: SlotName = slot): Promise<readonly Instance[]> {
    const starts = await Promise.allSettled(
      this.#machines.map(async (machine) => newInstance(machine, await this.#start(machine, slot, settings, place))),
    )
    const failed = starts.find((result) => result.status === 'rejected')
    const started = starts.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    if (failed === undefined) return started
    await Promise.all(started.map(({ worker }) => worker?.stop(stopLimitMs(settings))))
    throw failed.reason
  }

  async #start(machine: string, slot: SlotName, settings: Settings, place: SlotName = slot): Promise<Worker> {
    const { entry, emit, clock } = this.#options
    const worker = await clock.pauseDuring(() =>
      Worker.start({
        entry,
        startLimitMs: startLimitMs(settings),
        environment: this.#environmentOn(machine, settings, place),
        onLine: (line) => emit({ kind: 'worker output', slot, instance: machine, line }),
        onExit: (reason) => emit({ kind: 'worker ended', slot, instance: machine, reason }),
      }),
    )
    emit({ kind: 'worker started', slot, instance: machine })
    return worker
  }

  #environmentOn(machine: string, settings: Settings, place: SlotName): Settings {
    const { name } = this.#options.site
    return { ...settings, WEBSITE_SITE_NAME: name, WEBSITE_SLOT_NAME: place, WEBSITE_INSTANCE_ID: machine }
  }

  #slot(name: SlotName): Slot {
    const slot = this.#slots.get(name)
    if (slot === undefined)
      throw new Error(`There is no slot ${name}; there are ${[...this.#slots.keys()].join(', ')}.`)
    return slot
  }
}

function startLimitMs(settings: Settings): number {
  return Number(settings['WEBSITES_CONTAINER_START_TIME_LIMIT'] || DEFAULT_START_LIMIT_SECONDS) * 1000
}

function stopLimitMs(settings: Settings): number {
  return Number(settings['WEBSITES_CONTAINER_STOP_TIME_LIMIT'] ?? DEFAULT_STOP_LIMIT_SECONDS) * 1000
}
