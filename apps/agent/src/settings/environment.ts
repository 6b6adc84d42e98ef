import { InvalidSettingsError, type SettingProblem } from './invalid-settings-error.ts'
import type { Kind } from './kinds.ts'

/** Reads environment variables and collects the problems, so that all of them are reported at once. */
export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>
  readonly #problems: SettingProblem[] = []
  readonly #defaults = new Map<string, string | undefined>()

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables
  }

  /** Returns the value, or the default if the variable is unset, empty or invalid (which is recorded as a problem). */
  read<T, D>(variable: string, kind: Kind<T>, fallback: D): T | D {
    const isPlain = typeof fallback === 'string' || typeof fallback === 'number' || typeof fallback === 'boolean'
    this.#defaults.set(variable, isPlain ? String(fallback) : undefined)
    const text = this.#variables[variable]?.trim()
    // App Service and most CI systems cannot unset a variable, only empty it.
    if (!text) return fallback
    if (text.startsWith('@Microsoft.KeyVault(')) {
      // App Service passes the reference itself if it cannot be resolved. Used as a token, it would be easy to guess.
      const value = 'a Key Vault reference that was not resolved'
      this.#problems.push({
        variable,
        value,
        accepted: `${kind.accepted}; check the role of the identity on the vault`,
        mayPass: true,
      })
      return fallback
    }
    const value = kind.parse(text)
    if (value !== undefined) return value
    this.#problems.push({ variable, value: show(text, kind), accepted: kind.accepted })
    return fallback
  }

  /** All variables that were read, with their defaults. */
  get defaults(): ReadonlyMap<string, string | undefined> {
    return this.#defaults
  }

  get problems(): readonly SettingProblem[] {
    return this.#problems
  }

  refuse(variable: string, value: string, accepted: string): void {
    if (this.#problems.some((problem) => problem.variable === variable)) return
    this.#problems.push({ variable, value, accepted })
  }

  /** @throws InvalidSettingsError if there is any problem. */
  assertValid(): void {
    if (this.#problems.length > 0) throw new InvalidSettingsError(this.#problems)
  }
}

function show(text: string, kind: Kind<unknown>): string {
  return kind.isSecret ? `set (${text.length} characters, not shown)` : `'${text.slice(0, 80)}'`
}
