import { describe, expect, it } from 'vitest'
import { checkCommand, isForeign } from './commands.ts'
import { readShell } from './shell.ts'

const check = async (text: string) => {
  for (const command of readShell(text)) await checkCommand(command)
}

describe('a command on a page', () => {
  it.each([
    'npx --yes pnpm@12 drill --scenario bad-prompt # what goes wrong',
    'ADMIN_TOKEN=0123 npx --yes pnpm@12 chaos inject --base-url http://127.0.0.1:3000 \\\n  --mode outage --rps 10',
    `curl -s localhost:3000/chat -d '{"prompt": "Where is it?"}' | llmops tasks --failed`,
    'npx llmops doctor; pnpm bench governed-call && pnpm test --project llmops-middleware src/budget',
    'LLMOPS_LIMIT_USD=50 node --import llmops-middleware/register app.js',
    'npm install path/to/llmops-middleware-0.1.0.tgz @opentelemetry/api openai',
  ])('is taken: %s', async (text) => {
    await expect(check(text)).resolves.toBeUndefined()
  })

  it.each([
    ['npx --yes pnpm@12 dril', /'dril' is not a script/],
    ['npx pnpm@11 drill', /'pnpm@11' is not/],
    ['pnpm drill --scenario friday', /Allowed choices are/],
    ['pnpm chaos inject --rps 10', /--base-url/],
    ['pnpm chaos inject --base-url http://127.0.0.1:3000 --duration soon', /soon/],
    ['pnpm promote --dry', /--dry/],
    ['pnpm bench nothing', /There is no bench\/nothing/],
    ['pnpm test src/no-such-folder', /There is no/],
    ['eval "$(npx llmops alias)"', /'alias' is not a command/],
    ['llmops doctor --onyl dns', /--only/],
    ["curl -s localhost:3000 -d '{prompt: 1}'", /JSON/],
    ['curl --silent localhost:3000', /--silent/],
    ['node --imprt llmops-middleware/register app.js', /--imprt/],
    ['node --import llmops-middleware/registr app.js', /registr/],
    ['node scripts/no-such-script.ts', /There is no/],
    ['npm install llmops-midleware', /llmops-midleware/],
    ['azd up', /mark its block/],
  ])('is refused: %s', async (text, sentence) => {
    await expect(check(text)).rejects.toThrow(sentence)
  })

  it('of a cloud is foreign, and one of this project is not', () => {
    expect(readShell('azd up\naz login; npx llmops doctor').map(isForeign)).toEqual([true, true, false])
  })
})

describe('a shell on a page', () => {
  it('has words, variables, and commands inside of commands', () => {
    expect(readShell(`A=1 B="$(x 'y z')" run "a b"c \\\n  d # end`)).toEqual([
      { variables: [], words: ['x', 'y z'] },
      { variables: ['A=1', "B=$(x 'y z')"], words: ['run', 'a bc', 'd'] },
    ])
  })

  it('is not read where a quotation mark is open', () => {
    expect(() => readShell("printf 'a")).toThrow('open')
    expect(() => readShell('printf "a')).toThrow('open')
    expect(() => readShell('printf "$(a"')).toThrow('open')
  })
})
