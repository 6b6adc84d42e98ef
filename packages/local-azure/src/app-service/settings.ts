export type Settings = Readonly<Record<string, string>>

/** App settings as a swap sees them: what stays with the slot and what travels with the release. */
export type SlotSettings = { readonly place: Settings; readonly release: Settings }

export function splitSettings(settings: Settings, stickyNames: readonly string[]): SlotSettings {
  const sticky = new Set(stickyNames)
  const part = (isPlace: boolean) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => sticky.has(name) === isPlace))
  return { place: part(true), release: part(false) }
}
