import type { LossRules } from '../../src/dialect/kit/measure-losses.ts'
import { SNOWFLAKE } from './snowflake.ts'

const NO_CODES = 'Discord has no codes: its id stands for the achievement'
const TEXT = 'Discord has no code for the language, or does not say which one the default text is in'

export const LOSS_RULES: LossRules = {
  dialect: 'discord',
  hasWholeItems: true,
  hasNoRequirements: true,
  reasons: {
    title: { binding: 'Discord knows a title by its application id alone' },
    achievement: {
      id: NO_CODES,
      name: TEXT,
      description: TEXT,
      media: 'Discord has one icon, known by the hash that Discord gave it, at an address of its own',
    },
    progress: {
      account: `expected ${SNOWFLAKE.form}`,
      achievementId: NO_CODES,
      state: 'Discord tells the state by the percent alone',
      percent: '100 percent means achieved, and nothing else does',
      unlockTime: 'Discord writes microseconds, and only for an unlock',
    },
  },
}
