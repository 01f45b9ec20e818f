import type { LossRules } from '../../src/dialect/kit/measure-losses.ts'

const TEXT = 'all texts of an entry are in one language, which it does not say'

/** Extensions are reported where they are put back. */
export const LOSS_RULES: LossRules = {
  dialect: 'xbox',
  reasons: {
    title: {
      binding: 'an entry of Xbox 360 has a title id alone',
      displayName: 'xbox names the title that an achievement is shown under',
    },
    achievement: {
      id: 'xbox knows an achievement by its number alone',
      name: TEXT,
      description: TEXT,
      lockedDescription: `the same text as the description counts as none, and ${TEXT}`,
      participation: 'xbox has no goal of all players: it is earned by a group there',
      requirements: 'xbox does not know the stat, nor a requirement of 100 whose id is all zeros',
      rewards: 'xbox has one icon, which serves both states, and Xbox 360 one sum of gamerscore',
      media: 'xbox has one icon, which serves both states',
      productId: 'an empty one counts as none',
      titleAssociations: 'xbox shows an achievement under one title at least',
    },
    progress: {
      account: 'the request names the player, the entry does not',
      achievementId: 'xbox knows an achievement by its number alone',
      state: 'an update tells it by the percent alone, and Xbox 360 has no progress before the unlock',
      percent: 'xbox computes it from the requirements, and 100 means achieved',
      values: 'only requirements of the achievement have a value',
      unlockTime:
        'only an unlocked achievement has an unlock time, year 1 means none, and an update says no time',
    },
    summary: {
      account: 'the request names the player, the entry does not',
      lastUnlockTime: 'year 1 means that there is none',
    },
  },
}
