/** What the doctor asks, from the ground up: a layer that is broken breaks those after it. */
export const LAYERS = {
  config: 'the settings: where each comes from, and what is wrong with it',
  packages: 'the dependencies of the app: missing, mismatched, twice, or not importable',
  disk: 'the data folder: writable, with space left',
  ledger: 'the SQLite file of the budget: readable, not locked',
  redis: 'REDIS_URL: reachable, signed in, takes writes, drops no accounts',
  identity: 'who the app is: managed identity, its own variables, keys, and what differs',
  dns: "the name of the model's host: a private or a public address, or none",
  network: "TCP and TLS to the model's host",
  model: 'a real call: refused, slow, or not there',
  port: 'what listens, and what the platform expects',
  app: 'the app itself: alive, and ready',
} as const

export type Layer = keyof typeof LAYERS

export const LAYER_NAMES = Object.keys(LAYERS) as readonly Layer[]
