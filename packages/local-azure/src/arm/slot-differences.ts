import type { Settings } from '../app-service/settings.ts'

/**
 * The differences that a swap would make, as App Service returns them. Only settings can differ here. Sticky settings do
 * not move, so they are not differences.
 * Source: learn.microsoft.com/rest/api/appservice/web-apps/list-slot-differences-from-production
 */
export function slotDifferences(siteId: string, current: Settings, target: Settings, sticky: readonly string[]) {
  const names = new Set([...Object.keys(current), ...Object.keys(target)])
  const differing = [...names].filter((name) => !sticky.includes(name) && current[name] !== target[name]).sort()
  return {
    value: differing.map((name) => ({
      id: `${siteId}/slotsdiffs/${name}`,
      name,
      type: 'Microsoft.Web/sites/slotsdiffs',
      properties: {
        level: 'Information',
        settingType: 'AppSetting',
        settingName: name,
        valueInCurrentSlot: current[name] ?? '',
        valueInTargetSlot: target[name] ?? '',
        description: `The app setting ${name} is swapped.`,
      },
    })),
  }
}
