import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaurelError } from '../../src/model/errors.ts'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import type { SqlStateMeaning } from '../../src/store/sqlstates.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { noCitus } from '../support/citus.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

/*
 * Postgres itself raises each SQLSTATE in a function that a trigger calls, so the driver, the store and its circuit breaker
 * see the failure as they would see a real one. The table of images has the trigger, since Citus supports none on a table that it copies.
 */
let database: TestDatabase
let admin: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  await admin.query(`
    create function raise_state() returns trigger language plpgsql as $$
    begin raise exception '%', pg_backend_pid() using errcode = current_setting('laurel.state'); end $$;
    create trigger raise_state before insert on images execute function raise_state()`)
})
afterAll(async () => {
  await admin.end()
  await database[Symbol.asyncDispose]()
})

interface Seen {
  /** The code and reason of the caller's error; `defect` for another error. */
  readonly error: string
  readonly retryAfter: number | undefined
  /** The failures that the operator's log gets. */
  readonly logged: readonly SqlStateMeaning[]
  readonly writeState: Store['writeState']
  /** How often the transaction ran. */
  readonly attempts: number
  /** Whether the connection that failed was given up. */
  readonly isDiscarded: boolean
}

async function provoke(sqlState: string): Promise<Seen> {
  await admin.query(
    `alter database ${admin.escapeIdentifier(admin.database ?? '')} set laurel.state = '${sqlState}'`,
  )
  const logged: SqlStateMeaning[] = []
  const store = openStore({
    connectionString: database.url,
    poolSize: 1,
    onError: () => {},
    onFailure: (meaning) => logged.push(meaning),
  })
  let attempts = 0
  const fail = () =>
    store
      .write(NEVER_ABORTED, (queries) => {
        attempts += 1
        return queries.images.upsert(IMAGE, 0n)
      })
      .catch((caught: unknown) => caught)
  const error = await fail()
  const { writeState } = store
  const seen = { attempts, logged: [...logged], writeState }
  const isDiscarded = backendOf(error) !== backendOf(await fail())
  await store.close()
  const isOurs = error instanceof LaurelError
  return {
    error: isOurs ? `${error.code} ${error.reason}` : 'defect',
    retryAfter: isOurs ? error.retryAfter : undefined,
    ...seen,
    isDiscarded,
  }
}

/** Returns the process id of the backend that raised the error: its message. */
function backendOf(error: unknown): string {
  const { message } = (error instanceof LaurelError ? error.cause : error) as Error
  expect(message).toMatch(/^\d+$/)
  return message
}

const IMAGE = { hash: '', format: 'png', bytes: new Uint8Array() } as const

const [UNAVAILABLE, VALUE, DEFECT]: Partial<Seen>[] = [
  { error: 'unavailable DATABASE_UNAVAILABLE', logged: ['unavailable'], isDiscarded: true, attempts: 1 },
  { error: 'invalid_argument INVALID_FIELD', logged: [], isDiscarded: false, attempts: 1 },
  { error: 'defect', logged: [], isDiscarded: false, attempts: 1 },
]
const STALE: Partial<Seen> = { error: 'defect', logged: [], isDiscarded: true, attempts: 2 }
const CONFLICT: Partial<Seen> = { error: 'aborted TOO_MUCH_CONTENTION', logged: [], attempts: 5 }
const REFUSED: Partial<Seen> = { error: 'unavailable DATABASE_UNAVAILABLE', logged: ['refused'], attempts: 1 }

const NODE_LOST: Partial<Seen> = {
  error: 'unavailable DATABASE_UNAVAILABLE',
  logged: ['node_lost'],
  isDiscarded: false,
}

/** Codes that Citus reports for another node, and for a statement that it rejects. */
const SEEN_ON_CLUSTER: Readonly<Record<string, Partial<Seen> | undefined>> = {
  '08000': NODE_LOST,
  '08006': NODE_LOST,
  '0A000': DEFECT,
  '57P01': NODE_LOST,
  '57P02': NODE_LOST,
  '57P03': NODE_LOST,
  XX000: DEFECT,
}

/** A code of each class of Postgres, and each code that differs from its class. */
const SEEN: Readonly<Record<string, Partial<Seen> | undefined>> = {
  '01000': DEFECT,
  '02000': DEFECT,
  '03000': DEFECT,
  '08000': UNAVAILABLE,
  '08006': UNAVAILABLE,
  '09000': DEFECT,
  '0A000': STALE,
  '0B000': DEFECT,
  '0F000': DEFECT,
  '0L000': REFUSED,
  '0P000': REFUSED,
  '0Z000': DEFECT,
  '10608': DEFECT,
  '20000': DEFECT,
  '21000': DEFECT,
  '22000': VALUE,
  '22003': VALUE,
  '22021': VALUE,
  '22P05': VALUE,
  '22P01': DEFECT,
  '22P06': DEFECT,
  '23000': DEFECT,
  '23505': DEFECT,
  '24000': DEFECT,
  '25000': DEFECT,
  '25P02': DEFECT,
  '25006': {
    error: 'unavailable DATABASE_READ_ONLY',
    logged: ['read_only'],
    writeState: 'read_only',
    isDiscarded: true,
    attempts: 1,
    retryAfter: 1,
  },
  '25P03': UNAVAILABLE,
  '25P04': UNAVAILABLE,
  '26000': STALE,
  '27000': DEFECT,
  '28000': UNAVAILABLE,
  '28P01': UNAVAILABLE,
  '2B000': DEFECT,
  '2D000': DEFECT,
  '2F000': DEFECT,
  '34000': DEFECT,
  '38000': DEFECT,
  '39000': DEFECT,
  '3B000': DEFECT,
  '3D000': UNAVAILABLE,
  '3F000': REFUSED,
  '40000': CONFLICT,
  '40001': CONFLICT,
  '40002': DEFECT,
  '40003': UNAVAILABLE,
  '40P01': CONFLICT,
  '42000': DEFECT,
  '42601': DEFECT,
  '42501': REFUSED,
  '42P01': REFUSED,
  '42703': REFUSED,
  '42883': REFUSED,
  '42P05': STALE,
  '44000': DEFECT,
  '53000': UNAVAILABLE,
  '53200': UNAVAILABLE,
  '53300': UNAVAILABLE,
  '53100': {
    error: 'unavailable DATABASE_FULL',
    logged: ['full'],
    writeState: 'full',
    isDiscarded: false,
    attempts: 1,
    retryAfter: 60,
  },
  '53400': { error: 'unavailable DATABASE_FULL', writeState: 'full' },
  '54000': VALUE,
  '54023': VALUE,
  '55000': CONFLICT,
  '55006': CONFLICT,
  '55P03': CONFLICT,
  '57014': { error: 'unavailable DATABASE_UNAVAILABLE', logged: ['cancelled'], isDiscarded: false },
  '57000': UNAVAILABLE,
  '57P01': UNAVAILABLE,
  '57P02': UNAVAILABLE,
  '57P03': UNAVAILABLE,
  '58000': UNAVAILABLE,
  '58030': UNAVAILABLE,
  '72000': CONFLICT,
  F0000: UNAVAILABLE,
  HV000: DEFECT,
  P0000: DEFECT,
  P0001: DEFECT,
  XX000: UNAVAILABLE,
  XX001: UNAVAILABLE,
  ZZ000: DEFECT,
  ...(noCitus === undefined ? SEEN_ON_CLUSTER : {}),
}

test.each(Object.entries(SEEN))(
  'a failure with SQLSTATE %s has the meaning of its class',
  async (sqlState, seen) => {
    expect(await provoke(sqlState)).toMatchObject({ writeState: 'writable', ...seen })
  },
)
