import { z } from 'zod'

/** Invented for this suite: as little of a dialect as there can be. */
export const toySchema = z.looseObject({
  game: z.string(),
  id: z.string().min(1),
  slug: z.string().min(1),
  title: z.string(),
  secret: z.boolean().nullish(),
  player: z.string().min(1).nullish(),
  done: z.boolean().nullish(),
})
