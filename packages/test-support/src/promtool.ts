import { isOnPath, provideProgram } from './provide-program.ts'

/** Provides `promtool`, which checks rules of Prometheus. */
export default function setup(): void {
  provideProgram({
    name: 'promtool, to check the rules for Prometheus',
    isThere: () => isOnPath('promtool'),
    debianPackage: 'prometheus',
    help: 'Install Prometheus (apt-get install prometheus, brew install prometheus), and have promtool on the PATH.',
  })
}
