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
      // A package that has no entry for `require` is there all the same.
      return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED'
    }
  }

  /** @throws the error of Node's where it is not installed. */
  async load<Module>(name: string): Promise<Module> {
    return import(pathToFileURL(this.#require.resolve(name)).href)
  }
}
