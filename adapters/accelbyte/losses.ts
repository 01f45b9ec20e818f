import type { LossRules } from '../../src/dialect/kit/measure-losses.ts'
import { isVerbatim } from './verbatim.ts'

/** Members of the extension that keep original texts may be dropped when the value has changed since. */
export const LOSS_RULES: LossRules = {
  dialect: 'accelbyte',
  hasWholeItems: true,
  comparesExtension: (member) => !isVerbatim(member),
  reasons: {
    title: { binding: 'AccelByte knows a title by its namespace alone' },
    achievement: {
      id: 'an achievement code is not empty',
      listOrder: 'a list order is an integer',
      name: 'a language has one text',
      description: 'name and description share one default language',
      participation: 'an achievement is of one player, or global, of all players together',
      requirements:
        'AccelByte knows one requirement, a double named goal that is reached from below; an achievement that asks for more is unlocked by the game',
      media:
        'an icon is of the unlocked state or of the locked one, and those of the unlocked state come first',
      tags: 'AccelByte accepts at most 5 tags',
      ids: 'a definition in REST form has no id',
      createTime: 'year 1 says never',
      updateTime: 'year 1 says never',
    },
    progress: {
      account: 'a user row does not say whose it is',
      achievementId: 'an achievement code is not empty',
      percent: 'a user row has a value and no percent',
      values: 'a user row has one value, a double that names no requirement, and always has it',
      unlockTime: 'only an unlocked achievement has an unlock time; year 1 means that there is none',
    },
  },
}
