import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import { type AgentLog, createAgentLog } from '../../src/log/agent-log.ts'
import { readSettings } from '../../src/settings/settings.ts'
import { type RunningAgent, startAgent } from '../../src/start-agent.ts'

export const ADMIN_TOKEN = 'a-token-for-the-tests'

/** Starts the agent from environment variables, on a free port, with its own model and data folder. */
export async function startTestAgent(variables: Record<string, string> = {}, log = silent()): Promise<TestAgent> {
  const model = await startModelEndpoint()
  const folder = mkdtempSync(join(tmpdir(), 'agent-'))
  const defaults = { PORT: '0', DATA_DIR: folder, ADMIN_TOKEN, LOCAL_MODEL_URL: model.url }
  const settings = readSettings({ ...defaults, ...variables })
  return new TestAgent(model, () => startAgent(settings, log), await startAgent(settings, log), folder)
}

function silent(): AgentLog {
  return createAgentLog({ isJson: true, write: () => {} })
}

export class TestAgent {
  /** The model of the agent. Tests inject faults into it and read what it bills. */
  readonly model: ModelEndpoint
  /** The data folder of the agent. */
  readonly folder: string
  readonly #start: () => Promise<RunningAgent>
  #agent: RunningAgent

  constructor(model: ModelEndpoint, start: () => Promise<RunningAgent>, agent: RunningAgent, folder: string) {
    this.model = model
    this.#start = start
    this.#agent = agent
    this.folder = folder
  }

  get url(): string {
    return this.#agent.url
  }

  get instance() {
    return this.#agent.instance
  }

  chat(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send('POST', '/chat', body, headers)
  }

  get(path: string): Promise<Response> {
    return this.#send('GET', path)
  }

  /** A request with the admin token. */
  admin(method: string, path: string, body?: unknown): Promise<Response> {
    return this.#send(method, path, body, { authorization: `Bearer ${ADMIN_TOKEN}` })
  }

  /** Waits until this many requests are running. */
  async running(count: number): Promise<void> {
    let status: { running: number }
    do status = (await (await this.get('/status')).json()) as { running: number }
    while (status.running !== count)
  }

  async restart(): Promise<void> {
    await this.#agent.stop()
    this.#agent = await this.#start()
  }

  async stop(): Promise<void> {
    await this.#agent.stop()
    await this.model.close()
    rmSync(this.folder, { recursive: true })
  }

  #send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(new URL(path, this.url), {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  }
}
