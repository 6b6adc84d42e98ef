/** 'LLMO' in the file's header identifies a ledger; SQLite shows it as `PRAGMA application_id`. */
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

/** Added to files of earlier releases. Those releases can still use the file, so the version does not change. */
export const ADDED_TABLES = ACCOUNT_UNKNOWN
export const ADDED_COLUMN = 'ALTER TABLE account_period ADD COLUMN earlier_at_ms INTEGER'

/**
 * Amounts are whole nano-USD, times are epoch milliseconds, periods are names (`month`, `rolling-3600000`).
 *
 * account_limit   permanent limits that were set at run time
 * account_period  what an account has spent and holds in a period. A rolling window has one row, with start 0 and the spend
 *                 of each of its steps. Kept until the period after it is over. `earlier_at_ms` is 0, or the time at
 *                 which a claim of an earlier release was last seen; earlier releases write null.
 * account_unknown the part of the spend that is not known. It is a separate table because earlier releases share the file
 *                 and write whole rows. A rolling window keeps it in its steps.
 * hold            open holds, and for a while ended ones, to recognise late and repeated settlements
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
