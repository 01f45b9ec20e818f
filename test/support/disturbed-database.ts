import type pg from 'pg'

/** Makes the database refuse writes, as a demoted primary does, or accept them again. Open connections keep their mode. */
export async function setReadOnly(admin: pg.Client, isReadOnly: boolean): Promise<void> {
  const name = admin.escapeIdentifier(admin.database ?? '')
  await admin.query(`alter database ${name} set default_transaction_read_only = ${isReadOnly}`)
}

/** Ends all other connections to the database, as a failover does. */
export async function endConnections(admin: pg.Client): Promise<void> {
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
}
