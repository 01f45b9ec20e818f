import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { Row, Tables } from '../schema.ts'

export interface Image {
  readonly hash: string
  readonly format: Row<'images'>['format']
  readonly bytes: Uint8Array
}

const PURGE_BATCH_SIZE = 1_000

/** The members of a definition that name images, as text. */
const MEDIA = (definition: string) => sql.raw(`concat(${definition}->'media', ${definition}->'rewards')`)

export function imageQueries(db: Kysely<Tables>) {
  return {
    /** Inserts an image, or takes the time as that of its last use if its hash is stored already. Returns whether it is new. */
    async upsert(image: Image, time: Instant): Promise<boolean> {
      const { is_new } = await db
        .insertInto('images')
        .values({ ...image, create_time: time, use_time: time })
        .onConflict((conflict) => conflict.column('hash').doUpdateSet({ use_time: time }))
        .returning(sql<boolean>`xmax = 0`.as('is_new'))
        .executeTakeFirstOrThrow()
      return is_new
    },

    /**
     * Of a batch of images that were last used before a time, deletes all that no definition, revision or plan names; the others are used
     * now. Returns false if there were none.
     */
    async purgeUnused(before: Instant, now: Instant): Promise<boolean> {
      const { rows } = await sql<{ count: bigint }>`
        with old as materialized (
          select hash from images where use_time < ${before}::bigint
          order by use_time limit ${sql.lit(PURGE_BATCH_SIZE)} for update skip locked
        ),
        named as materialized (
          select distinct found.hash from (
            select ${MEDIA('definition')} as media from achievements
            union all select ${MEDIA('definition')} from achievement_revisions
            union all select ${MEDIA(`"before"->'definition'`)} from plan_changes
            union all select ${MEDIA(`"after"->'definition'`)} from plan_changes
          ) texts, lateral (select (regexp_matches(media, '[0-9a-f]{32}', 'g'))[1] as hash) found
          where exists (select from old)
        ),
        used as (
          update images i set use_time = ${now}::bigint from old
          where i.hash = old.hash and old.hash in (select hash from named)
        ),
        deleted as (
          delete from images i using old where i.hash = old.hash and old.hash not in (select hash from named)
        )
        select count(*) as count from old`.execute(db)
      return (rows[0]?.count ?? 0n) > 0n
    },

    async find(hash: string): Promise<Image | undefined> {
      return db
        .selectFrom('images')
        .where('hash', '=', hash)
        .select(['hash', 'format', 'bytes'])
        .executeTakeFirst()
    },
  }
}
