import type { Kysely } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { Row, Tables } from '../schema.ts'

export interface Image {
  readonly hash: string
  readonly format: Row<'images'>['format']
  readonly bytes: Uint8Array
}

export function imageQueries(db: Kysely<Tables>) {
  return {
    /** Inserts an image, unless its hash is stored already. */
    async upsert(image: Image, time: Instant): Promise<void> {
      await db
        .insertInto('images')
        .values({ ...image, create_time: time })
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .execute()
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
