/** 'LLMO' in the file's header says whose file it is; SQLite shows it as `PRAGMA application_id`. */
export const APPLICATION_ID = 0x4c4c4d4f
export const SCHEMA_VERSION = 1

const ACCOUNT_UNKNOWN = `
  CREATE TABLE IF NOT EXISTS account_unknown (
    period TEXT NOT NULL,
    account TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    unknown_nanos INTEGER NOT NULL,
    PRIMARY KEY (period, account, start_ms)
  ) STRICT, WITHOUT ROWID;`

/** What a file of an earlier release lacks, which that release can share all the same: the version stays. */
export const ADDED_TABLES = ACCOUNT_UNKNOWN
export const ADDED_COLUMN = 'ALTER TABLE account_period ADD COLUMN earlier_at_ms INTEGER'

/**
 * Amounts are whole nano-USD, moments epoch milliseconds, periods by name (`month`, `rolling-3600000`).
 *
 * account_limit   limits set for good at run time
 * account_period  what was spent and is held in a period of an account; a rolling window has one, beginning at 0,
 *                 with what was spent in each of its steps. Kept until the period after it is over.
 *                 `earlier_at_ms` is 0, or when one of an earlier release was last met in it: those write null.
 * account_unknown the part of that which was charged without being known; a table of its own, because releases before
 *                 it share the file and write whole rows. A rolling window has it in its steps.
 * hold            open holds, and for a while those that ended, to recognise what comes late
 */
export const SCHEMA = `
  CREATE TABLE account_limit (
    period TEXT NOT NULL,
    account TEXT NOT NULL,
    limit_nanos INTEGER NOT NULL,
    PRIMARY KEY (period, account)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE account_period (
    period TEXT NOT NULL,
    account TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    spent_nanos INTEGER NOT NULL,
    held_nanos INTEGER NOT NULL,
    open_holds INTEGER NOT NULL,
    limit_nanos INTEGER,
    limit_until_ms INTEGER,
    notices TEXT NOT NULL,
    steps TEXT NOT NULL,
    forget_after_ms INTEGER NOT NULL,
    earlier_at_ms INTEGER,
    PRIMARY KEY (period, account, start_ms)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX account_period_forget ON account_period (forget_after_ms);

${ACCOUNT_UNKNOWN}

  CREATE TABLE hold (
    id TEXT PRIMARY KEY,
    hold TEXT NOT NULL,
    offer INTEGER NOT NULL,
    on_lease_end TEXT NOT NULL CHECK (on_lease_end IN ('charge', 'release')),
    lease_ms INTEGER NOT NULL,
    lease_ends_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'charged', 'released')),
    ended_at_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX hold_lease ON hold (lease_ends_at_ms) WHERE state = 'open';
  CREATE INDEX hold_ended ON hold (ended_at_ms) WHERE state <> 'open';

  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`
