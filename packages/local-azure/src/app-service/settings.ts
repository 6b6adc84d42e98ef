export type Settings = Readonly<Record<string, string>>

/** App settings as a swap treats them: `place` is sticky and stays with the slot, `release` moves with the release. */
export type SlotSettings = { readonly place: Settings; readonly release: Settings }

export function splitSettings(settings: Settings, stickyNames: readonly string[]): SlotSettings {
  const sticky = new Set(stickyNames)
  const part = (isPlace: boolean) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => sticky.has(name) === isPlace))
  return { place: part(true), release: part(false) }
}
