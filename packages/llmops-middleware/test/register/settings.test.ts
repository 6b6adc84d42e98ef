import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../../src/register/read-settings.ts'
import { SETTINGS, variableOf } from '../../src/register/settings.ts'
import { configSchema } from '../support/config-schema.ts'

const PACKAGE = resolve(import.meta.dirname, '../..')
const schema = JSON.parse(await readFile(join(PACKAGE, 'llmops.config.schema.json'), 'utf8'))
const docs = await readFile(join(PACKAGE, '../../docs/register.md'), 'utf8')
const isValid = new Ajv({ strict: true }).compile(schema)

let cwd: string
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'settings-'))
})
afterAll(() => rm(cwd, { recursive: true }))

async function readFileWith(members: unknown, variables: Record<string, string> = {}) {
  await writeFile(join(cwd, 'llmops.config.json'), typeof members === 'string' ? members : JSON.stringify(members))
  return readSettings(variables, cwd)
}

const COMPLETE = {
  limitUsd: 50,
  period: 'day',
  timeZone: 'Europe/Berlin',
  downshiftTo: { 'gpt-4o': 'gpt-4o-mini' },
  downshiftAt: 0.5,
  ledger: 'sqlite:.data/ledger.db',
  ledgerFailure: 'open',
  tenant: 'contoso',
  tenantHeader: 'x-tenant',
  taskBudgetUsd: 0.5,
  deadlineMs: 60_000,
  abortWhenClientLeaves: true,
  deployments: { chat: 'gpt-4o' },
  unknownModel: 'assumeMax',
  modelHosts: ['gateway.contoso.com'],
  unknownEndpoints: 'pass',
  agentName: 'shop',
  log: false,
  telemetry: 'off',
}

describe('the published schema', () => {
  it('is that of the code, and the documentation has the same sentences', () => {
    expect(schema).toEqual(configSchema())
    const rows = Object.entries(SETTINGS).map(
      ([name, { says, otherwise }]) => `| \`${name}\` | \`${variableOf(name)}\` | ${says} | ${otherwise} |`,
    )
    const plain = (text: string) => text.replaceAll(/ +/g, ' ')
    expect(
      docs
        .split('\n')
        .map(plain)
        .filter((line) => /^\| `\w+` \| `LLMOPS_/.test(line)),
    ).toEqual(rows.map(plain))
  })

  it('accepts what the code accepts, and refuses what it refuses', async () => {
    const values = [
      0,
      1,
      0.5,
      -1,
      9e9,
      '',
      'text',
      'memory',
      'day',
      'open',
      'redis://h',
      'sqlite:',
      true,
      null,
      [],
      ['a b'],
      ['h:1'],
      {},
    ]
    const objects = [{ a: 1 }, { a: 'b' }, { a: '' }, { a: -1 }, { rollingMs: 1000 }, { rollingMs: 1 }, { a: [] }]
    for (const name of Object.keys(SETTINGS)) {
      for (const value of [...values, ...objects]) {
        // No schema knows the time zones of a release of Node.
        if (name === 'timeZone' && typeof value === 'string' && value !== '') continue
        const others = { limitUsd: 1, downshiftTo: { a: 'b' }, [name]: value }
        const { problems } = await readFileWith(others)
        expect([name, value, isValid(others)]).toEqual([name, value, problems.length === 0])
      }
    }
    expect(isValid({ misspelt: 1 })).toBe(false)
  })

  it('accepts a file with every setting, which the code reads as it is', async () => {
    expect(isValid({ $schema: 'any', ...COMPLETE })).toBe(true)
    expect(await readFileWith({ $schema: 'any', ...COMPLETE })).toEqual({
      settings: COMPLETE,
      problems: [],
      unread: [],
    })
  })
})

describe('the variables', () => {
  it('say the same as a file, and go before it', async () => {
    const text = (value: unknown): string =>
      Array.isArray(value)
        ? value.join(', ')
        : typeof value === 'object'
          ? Object.entries(value!)
              .map((pair) => pair.join('='))
              .join(', ')
          : String(value)
    const variables = Object.fromEntries(
      Object.entries(COMPLETE).map(([name, value]) => [variableOf(name), text(value)]),
    )
    const { settings, problems } = await readFileWith({ limitUsd: 1, agentName: 'other' }, variables)
    expect([settings, problems]).toEqual([COMPLETE, []])
  })

  it('hold a limit for each tenant, and what only JSON can say', async () => {
    const variables = {
      LLMOPS_LIMIT_USD: 'contoso=50,*=0.5',
      LLMOPS_PERIOD: '{"rollingMs": 3600000}',
      LLMOPS_MODEL_HOSTS: '["a.example"]',
      LLMOPS_TENANT: '',
    }
    expect((await readFileWith({}, variables)).settings).toEqual({
      limitUsd: { contoso: 50, '*': 0.5 },
      period: { rollingMs: 3_600_000 },
      modelHosts: ['a.example'],
    })
  })

  it('are refused if one is nearly ours, and reported if one belongs to another program', async () => {
    const variables = { LLMOPS_LIMT_USD: '50', LLMOPS_COST_CENTRE_OWNER: 'me' }
    const { problems, unread } = await readFileWith({}, variables)
    expect(problems).toEqual(['`LLMOPS_LIMT_USD` is not a setting. Did you mean `LLMOPS_LIMIT_USD`?'])
    expect(unread).toEqual(['LLMOPS_COST_CENTRE_OWNER'])
  })
})

describe('what is wrong', () => {
  it('is said all at once, each by the name that its user wrote', async () => {
    const file = { downshiftAt: 80, tenantHedaer: 'x', unknownModel: 'free' }
    const variables = { LLMOPS_LIMIT_USD: 'fifty', LLMOPS_LEDGER: 'postgres://me:secret@db', LLMOPS_LOG: 'yes' }
    const { problems } = await readFileWith(file, variables)
    expect(problems).toEqual([
      '`llmops.config.json: downshiftAt` must be a share above 0, up to 1, got 80. Did you mean 0.8?',
      '`llmops.config.json: tenantHedaer` is not a setting. Did you mean `tenantHeader`?',
      "`llmops.config.json: unknownModel` must be one of block, assumeMax, allow, got 'free'.",
      expect.stringMatching(/^`LLMOPS_LIMIT_USD` must be an amount of US dollars .*, got 'fifty'\.$/),
      '`LLMOPS_LEDGER` must be `memory`, `sqlite:` with the path of a file, or a redis:// or rediss:// URL.',
      "`LLMOPS_LOG` must be true or false, got 'yes'.",
      '`llmops.config.json: downshiftAt` does nothing without `downshiftTo` (LLMOPS_DOWNSHIFT_TO).',
    ])
  })

  it('is a setting that does nothing without another, or beside it', async () => {
    const { problems } = await readFileWith({ period: 'day', tenantHeader: 'x-tenant', tenantUnverifiedClaim: 'tid' })
    expect(problems).toEqual([
      '`llmops.config.json: period` does nothing without `limitUsd` (LLMOPS_LIMIT_USD).',
      '`llmops.config.json: tenantHeader` and `llmops.config.json: tenantUnverifiedClaim` both name the tenant; set one of them.',
    ])
  })

  it.each([
    ['{', /^llmops\.config\.json is not JSON: /],
    ['[]', /^llmops\.config\.json must hold an object of settings\.$/],
  ])('is a file that holds %s', async (text, problem) => {
    expect((await readFileWith(text)).problems).toEqual([expect.stringMatching(problem)])
  })

  it('is a file that a variable names and that is not there; without the variable none is needed', async () => {
    const elsewhere = await mkdtemp(join(cwd, 'empty-'))
    expect(readSettings({ LLMOPS_CONFIG: 'gone.json' }, elsewhere).problems).toEqual([
      expect.stringMatching(/^`LLMOPS_CONFIG` names gone\.json, which cannot be read: ENOENT/),
    ])
    expect(readSettings({}, elsewhere)).toEqual({ settings: {}, problems: [], unread: [] })
  })
})
