import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runOut } from '../../test/support/run-out.ts'
import { ManualClock } from '../clock/manual-clock.ts'
import { listen } from '../network/listen.ts'
import { Network } from '../network/network.ts'
import type { RunRecord } from './run-record.ts'
import { Workflow } from './workflow.ts'

type Actions = Record<string, Record<string, unknown>>

describe('a workflow that this runtime does not know how to run', () => {
  it.each([
    ['an action', { Shout: { type: 'Slack' } }, 'Shout.type: "Slack" is not known here'],
    ['a function', compose("@reverse('abc')"), 'Say.inputs: the function reverse is not known here'],
    ['a number of arguments', compose('@not(true, false)'), 'Say.inputs: not does not take 2 arguments'],
    ['an expression', compose('@concat('), 'Say.inputs: unexpected end'],
    ['a comparison', condition({ like: ['a', 'b'] }), 'Decide.expression: "like" is not known here'],
    ['a field', { Say: { type: 'Compose', inputs: 'a', foo: 1 } }, 'Say: the field foo is not known here'],
    ['an authentication', http({ authentication: { type: 'Basic' } }), 'authentication.type: "Basic" is not known'],
    ['a retry policy', http({ retryPolicy: { type: 'random' } }), 'a retry policy has a count and an interval'],
    ['an action that is named', compose("@outputs('Nobody')"), "outputs('Nobody') refers to nothing"],
    ['a parameter that is named', compose("@parameters('nothing')"), "parameters('nothing') refers to nothing"],
    [
      'an action to run after',
      { Say: { type: 'Compose', inputs: '', runAfter: { Nobody: ['Succeeded'] } } },
      'runAfter names Nobody',
    ],
    [
      'a status to run after',
      { ...compose('a'), B: { type: 'Compose', inputs: '', runAfter: { Say: ['Done'] } } },
      'B.runAfter.Say: "Done" is not known here',
    ],
  ])('is refused before it runs: %s', (_, actions, message) => {
    expect(() => workflow(actions as Actions)).toThrow(message)
  })
})

describe('a run', () => {
  it.each([
    ["@concat('a', 1, 'b')", 'a1b'],
    ['@triggerBody()?.name', 'Ada'],
    ["@triggerBody()?['nobody']?['name']", null],
    ["hello @{triggerBody()?['name']}!", 'hello Ada!'],
    ['@@not an expression', '@not an expression'],
    ["@coalesce(null, triggerBody()?['nothing'], 'x')", 'x'],
    ["@addMinutes('2026-01-05T09:00:00', 90)", '2026-01-05T10:30:00.000Z'],
    ["@greater(ticks('2026-01-05T09:00:01Z'), ticks('2026-01-05T09:00:00Z'))", true],
    ['@utcNow()', '2026-01-05T09:00:00.000Z'],
    ["@contains(triggerBody()?['list'], 2)", true],
    ["@int('42')", 42],
    ["@and(equals(1, 1), or(false, not(empty(''))))", false],
    ["@toLower('ABC')", 'abc'],
    ["@parameters('greeting')", 'hello'],
  ])('evaluates %s', async (expression, value) => {
    const run = await runToEnd(compose(expression))
    expect(run.actions['Say']?.outputs).toEqual(value)
  })

  it('fails an action whose expression reads from nothing', async () => {
    const run = await runToEnd(compose("@triggerBody()['nobody']['name']"))
    expect(run.actions['Say']).toMatchObject({ status: 'Failed', code: 'InvalidTemplate' })
    expect(run.status).toBe('Failed')
  })

  it('skips what runs after something else than what happened, and still succeeds', async () => {
    const run = await runToEnd({
      ...compose('a'),
      Rescue: { type: 'Compose', inputs: 'b', runAfter: { Say: ['Failed', 'TimedOut'] } },
    })
    expect(run).toMatchObject({ status: 'Succeeded', actions: { Rescue: { status: 'Skipped' } } })
  })

  it('fails when no action handles a failed one, although the last one was only skipped', async () => {
    const run = await runToEnd({
      ...compose("@triggerBody()['nobody']"),
      Next: { type: 'Compose', inputs: 'b', runAfter: { Say: ['Succeeded'] } },
      Last: { type: 'Compose', inputs: 'c', runAfter: { Next: ['Succeeded'] } },
    })
    expect(run).toMatchObject({ status: 'Failed', actions: { Last: { status: 'Skipped' } } })
  })

  it('succeeds when a failed action is handled', async () => {
    const run = await runToEnd({
      ...compose("@triggerBody()['nobody']"),
      Rescue: { type: 'Compose', inputs: 'b', runAfter: { Say: ['Failed'] } },
    })
    expect(run).toMatchObject({ status: 'Succeeded', actions: { Rescue: { status: 'Succeeded' } } })
  })

  it('ends where it is terminated, with the reason, and nothing after it', async () => {
    const run = await runToEnd({
      Stop: { type: 'Terminate', inputs: { runStatus: 'Failed', runError: { code: 'No', message: 'not today' } } },
      Say: { type: 'Compose', inputs: 'a', runAfter: { Stop: ['Succeeded'] } },
    })
    expect(run).toMatchObject({ status: 'Failed', error: { code: 'No', message: 'not today' } })
    expect(run.actions).not.toHaveProperty('Say')
  })

  it('takes one branch of a condition and skips the other', async () => {
    const run = await runToEnd(condition({ and: [{ equals: [1, 1] }, { not: { less: [2, 1] } }] }))
    expect(run.actions).toMatchObject({ Yes: { status: 'Succeeded' }, No: { status: 'Skipped' } })
  })

  it('sends the token of its identity for the audience that is asked for', async () => {
    const run = await runToEnd(
      http({ authentication: { type: 'ManagedServiceIdentity', audience: 'https://a' } }),
      echo,
    )
    expect(bodyOf(run)).toMatchObject({ authorization: 'Bearer token for https://a' })
  })

  it('retries four times by default if the server is busy, and not at all with the policy `none`', async () => {
    expect(bodyOf(await runToEnd(http({}), busyTimes(4)))).toEqual({ calls: 5 })
    expect((await runToEnd(http({}), busyTimes(5))).status).toBe('Failed')
    const run = await runToEnd(http({ retryPolicy: { type: 'none' } }), busyTimes(1))
    expect(run.actions['Ask']).toMatchObject({ status: 'Failed', code: 'ServiceUnavailable' })
  })

  it('does not repeat what the server refused', async () => {
    let calls = 0
    const run = await runToEnd(http({}), (_, response) => {
      calls += 1
      response.writeHead(403).end()
    })
    expect(run.actions['Ask']).toMatchObject({ status: 'Failed', code: 'Forbidden' })
    expect(calls).toBe(1)
  })

  it('follows a 202 to its end by default, and not with the option against it', async () => {
    const accepts = (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/result') answer(response, 200, { done: true })
      else response.writeHead(202, { location: 'https://server.example/result' }).end()
    }
    expect(bodyOf(await runToEnd(http({}), accepts))).toEqual({ done: true })
    const [[name, action]] = Object.entries(http({})) as [[string, object]]
    const run = await runToEnd({ [name]: { ...action, operationOptions: 'DisableAsyncPattern' } }, accepts)
    expect(run.actions['Ask']?.outputs).toMatchObject({
      statusCode: 202,
      headers: { Location: 'https://server.example/result' },
    })
  })

  it('repeats a loop until its condition holds, and only so often or so long as its limits allow', async () => {
    const loop = (limit: object) => ({
      Wait_for_it: {
        type: 'Until',
        expression: "@equals(body('Ask')?['calls'], 3)",
        limit,
        actions: {
          Pause: { type: 'Wait', inputs: { interval: { count: 10, unit: 'Second' } } },
          Ask: { ...http({})['Ask'], runAfter: { Pause: ['Succeeded'] } },
        },
      },
    })
    const patient = await runToEnd(loop({ count: 5, timeout: 'PT1H' }), counting())
    expect(patient.actions['Wait_for_it']).toMatchObject({ status: 'Succeeded', outputs: { iterationCount: 3 } })
    const impatient = await runToEnd(loop({ count: 2, timeout: 'PT1H' }), counting())
    expect(impatient.actions['Wait_for_it']).toMatchObject({ status: 'Succeeded', outputs: { iterationCount: 2 } })
    const hurried = await runToEnd(loop({ count: 5, timeout: 'PT15S' }), counting())
    expect(hurried.actions['Wait_for_it']).toMatchObject({ status: 'Succeeded', outputs: { iterationCount: 2 } })
  })

  it('reaches no server that the platform does not emulate', async () => {
    const run = await runToEnd({ Ask: { type: 'Http', inputs: { method: 'GET', uri: 'https://example.com/' } } })
    expect(run.actions['Ask']?.error?.message).toContain('has no server for example.com')
  })

  it('shows nothing in its history that is secured', async () => {
    const [[name, action]] = Object.entries(compose("@triggerBody()?['name']")) as [[string, object]]
    const runtimeConfiguration = { secureData: { properties: ['inputs', 'outputs'] } }
    const run = await runToEnd({ [name]: { ...action, runtimeConfiguration } })
    expect(JSON.stringify(run.actions)).not.toContain('Ada')
  })
})

describe('runs that are limited to one at a time', () => {
  it('wait for each other, and surplus ones are refused', async () => {
    const limits = { concurrency: { runs: 1, maximumWaitingRuns: 1 } }
    const pause = { Pause: { type: 'Wait', inputs: { interval: { count: 1, unit: 'Minute' } } } }
    const { call, clock, runs } = await open(pause, undefined, { runtimeConfiguration: limits })
    expect((await call()).status).toBe(202)
    expect((await call()).status).toBe(202)
    expect((await call()).status).toBe(429)
    expect(runs().map(({ status }) => status)).toEqual(['Running', 'Waiting'])
    await clock.advance(60_000)
    expect(runs().map(({ status }) => status)).toEqual(['Succeeded', 'Running'])
    await clock.advance(60_000)
    expect(runs().map(({ status }) => status)).toEqual(['Succeeded', 'Succeeded'])
  })
})

function compose(inputs: string, name = 'Say'): Actions {
  return { [name]: { type: 'Compose', inputs } }
}

function condition(expression: object): Actions {
  const branches = { actions: compose('yes', 'Yes'), else: { actions: compose('no', 'No') } }
  return { Decide: { type: 'If', expression, ...branches } }
}

function http(inputs: object): Actions {
  return { Ask: { type: 'Http', inputs: { method: 'GET', uri: 'https://server.example/', ...inputs } } }
}

type Serve = (request: IncomingMessage, response: ServerResponse) => void

function workflow(
  actions: Actions,
  network = new Network(),
  clock = new ManualClock(),
  trigger: object = {},
): Workflow {
  return new Workflow({
    name: 'test',
    definition: {
      parameters: { greeting: { type: 'String' } },
      triggers: { start: { type: 'Request', kind: 'Http', ...trigger } },
      actions,
    },
    parameters: { greeting: { value: 'hello' } },
    clock,
    network,
    tokenFor: (audience) => `token for ${audience}`,
    emit: () => {},
  })
}

async function open(actions: Actions, serve: Serve | undefined, trigger: object = {}) {
  const network = new Network()
  const clock = new ManualClock()
  if (serve !== undefined) {
    const server = await listen(serve)
    onTestFinished(() => server.close())
    network.route('server.example', server.url)
  }
  const opened = workflow(actions, network, clock, trigger)
  const listening = await opened.open()
  onTestFinished(async () => {
    await opened.close()
    await listening.close()
  })
  const body = JSON.stringify({ name: 'Ada', list: [1, 2, 3] })
  const call = () => fetch(`${listening.url}${opened.callbackPath()}`, { method: 'POST', body })
  return { call, clock, runs: () => opened.runs }
}

async function runToEnd(actions: Actions, serve?: Serve): Promise<RunRecord> {
  const { call, clock, runs } = await open(actions, serve)
  const response = await call()
  if (response.status !== 202) throw new Error(`The trigger answered ${response.status}.`)
  await runOut(clock, () => runs()[0]?.endedAt !== undefined)
  return runs()[0]!
}

function bodyOf(run: RunRecord): unknown {
  return (run.actions['Ask']?.outputs as { body?: unknown } | undefined)?.body
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const echo: Serve = (request, response) => answer(response, 200, request.headers)

function busyTimes(times: number): Serve {
  let calls = 0
  return (_, response) => {
    calls += 1
    answer(response, calls > times ? 200 : 503, { calls })
  }
}

function counting(): Serve {
  return busyTimes(0)
}
