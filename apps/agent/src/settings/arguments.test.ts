import { expect, it } from 'vitest'
import { readArguments } from './arguments.ts'

it('takes settings, and a file with more of them', () => {
  const args = ['--set', 'PORT=3001', '--set', 'TENANT_KEYS=contoso=0a1b', '--settings', '.env']
  const set = { PORT: '3001', TENANT_KEYS: 'contoso=0a1b' }
  expect(readArguments(args)).toEqual({ kind: 'start', set, file: '.env' })
  expect(readArguments([])).toEqual({ kind: 'start', set: {}, file: undefined })
})

it.each([
  [['--set', 'secret'], /--set must be followed by NAME=VALUE/],
  [['--port', '3001'], /Unknown option '--port'/],
  [['PORT=3001'], /^Unexpected argument 'PORT=3001'\.$/],
  [['--set'], /^Option '--set <value>' argument missing\.$/],
  [['--set', 'PROT=3'], /^--set PROT: that is not a setting\. Did you mean PORT\?$/],
  [['--set', 'MAX_STEP=3'], /Did you mean MAX_STEPS\?$/],
  [['--set', 'DATA_DIRR=x'], /Did you mean DATA_DIR\?$/],
  [['--set', 'AZURE_OPENAI_ENDPIONT=x'], /Did you mean AZURE_OPENAI_ENDPOINT\?$/],
])('refuses %j', (args, message) => {
  expect(() => readArguments(args)).toThrow(message)
})

it.each(['NODE_ENV', 'AZURE_TENANT_ID', 'OTEL_SERVICE_NAME', 'SEARCH_URL'])('accepts %s', (name) => {
  expect(readArguments(['--set', `${name}=x`])).toMatchObject({ set: { [name]: 'x' } })
})

it('says what it takes', () => {
  expect(readArguments(['--help'])).toMatchObject({ kind: 'help', text: expect.stringContaining('--settings FILE') })
})
