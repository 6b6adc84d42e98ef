import { execFileSync } from 'node:child_process'

/** The azd that started the hook. On Windows it is an executable, which needs no shell either. */
export const azd = {
  /** For the hooks after this one, and for the parameters. */
  set(name: string, value: string): void {
    execFileSync('azd', ['env', 'set', name, value], { stdio: 'inherit' })
    process.env[name] = value
  },

  deploy(): void {
    execFileSync('azd', ['deploy', 'agent', '--no-prompt'], { stdio: 'inherit' })
  },

  /** @throws Error with the first line of azd's output if there is no login. */
  token(scope: string): string {
    const args = ['auth', 'token', '--scope', scope, '--output', 'json', '--no-prompt']
    try {
      const { token } = JSON.parse(execFileSync('azd', args, { encoding: 'utf8', stdio: 'pipe' })) as { token: string }
      return token
    } catch (error) {
      const { stderr = '', message } = error as { stderr?: string; message: string }
      throw new Error(firstLineOf(stderr) || firstLineOf(message), { cause: error })
    }
  },
}

function firstLineOf(text: string): string {
  return text.trim().split('\n', 1)[0]!.trim()
}
