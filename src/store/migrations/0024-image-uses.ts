import { type Kysely, sql } from 'kysely'

/** For the deletion of images that no definition names. The default is for servers of earlier versions, and deletes too late. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const never = sql.lit(2n ** 63n - 1n)
  await sql`alter table images add column use_time bigint not null default ${never}`.execute(db)
  await sql`update images set use_time = create_time`.execute(db)
}
