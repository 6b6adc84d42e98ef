import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Packages as the app finds them, which are not dependencies of this one. */
export class AppPackages {
  readonly #require: NodeJS.Require

  /** @param folder that the app was started in. */
  constructor(folder: string) {
    this.#require = createRequire(join(folder, 'package.json'))
  }

  has(name: string): boolean {
    try {
      this.#require.resolve(name)
      return true
    } catch (error) {
      // A package without an entry for `require` is installed all the same.
      return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    }
  }

  /** @throws Node's error if the package is not installed. */
  async load<Module>(name: string): Promise<Module> {
    return import(pathToFileURL(this.#require.resolve(name)).href)
  }
}
