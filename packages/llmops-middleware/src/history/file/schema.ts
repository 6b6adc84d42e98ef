/** `LOHI` in ASCII. It identifies a history file, as against a SQLite file of another program. */
export const APPLICATION_ID = 0x4c_4f_48_49
export const SCHEMA_VERSION = 1

export const SCHEMA = `
  CREATE TABLE process (
    process_id INTEGER PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    facts TEXT NOT NULL
  ) STRICT;

  CREATE TABLE task (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    ended_at_ms INTEGER NOT NULL,
    is_failed INTEGER NOT NULL,
    process_id INTEGER NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX task_by_id ON task (task_id);
  CREATE INDEX task_by_tenant ON task (tenant, number);
  CREATE INDEX failed_task ON task (number) WHERE is_failed = 1;

  -- The figures of one process in one time step.
  CREATE TABLE step (
    step_ms INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    process_id INTEGER NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (step_ms, start_ms, process_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE mark (
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    ends_at_ms INTEGER,
    process_id INTEGER NOT NULL,
    PRIMARY KEY (at_ms, kind, label, process_id)
  ) STRICT, WITHOUT ROWID;

  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`
