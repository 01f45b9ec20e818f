import type {
  Account as AccountMessage,
  Player as PlayerMessage,
  PlayerSummary as PlayerSummaryMessage,
} from '../../gen/laurel/v1/player.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Account, Player, PlayerSummary } from '../../model/player.ts'
import { readList } from './collections.ts'
import { type FieldReaders, readFields, readMaskedFields } from './fields.ts'
import { readId, readText } from './scalars.ts'
import { writeInstant, writeOptionalInstant } from './time.ts'
import type { Violations } from './violations.ts'

type PlayerFields = Pick<Player, 'displayName'>

const FIELDS: FieldReaders<PlayerMessage, PlayerFields> = {
  displayName: ({ displayName }, field, violations) => readText(displayName, field, violations),
}

export function readPlayer(
  message: PlayerMessage,
  violations: Violations,
): Pick<Player, 'id' | 'displayName' | 'accounts'> {
  return {
    id: readId(message.playerId, 'player.player_id', violations),
    ...readFields(message, FIELDS, 'player', violations),
    accounts: readList(message.accounts, LIMITS.accounts, 'player.accounts', violations, readAccountFields),
  }
}

export function readPlayerPatch(
  message: PlayerMessage,
  mask: readonly string[] | undefined,
  violations: Violations,
): Partial<PlayerFields> {
  return readMaskedFields(message, mask, FIELDS, 'player', violations)
}

export function writePlayer(player: Player): PlayerMessage {
  return {
    playerId: player.id,
    displayName: player.displayName,
    accounts: player.accounts.map(({ dialect, id }) => ({ dialect, accountId: id })),
    createTime: writeInstant(player.createTime),
    updateTime: writeInstant(player.updateTime),
    etag: player.etag,
  }
}

export function readAccount(message: AccountMessage | undefined, violations: Violations): Account {
  if (message !== undefined) return readAccountFields(message, 'account', violations)
  violations.add('account', 'must be set')
  return { dialect: '', id: '' }
}

export function writePlayerSummary(summary: PlayerSummary): PlayerSummaryMessage {
  return {
    titleId: summary.titleId,
    playerId: summary.playerId,
    unlockedCount: summary.unlockedCount,
    score: summary.score,
    lastUnlockTime: writeOptionalInstant(summary.lastUnlockTime),
    achievementCount: summary.achievementCount,
    maxScore: summary.maxScore,
  }
}

function readAccountFields(message: AccountMessage, field: string, violations: Violations): Account {
  return {
    dialect: readId(message.dialect, `${field}.dialect`, violations),
    id: readId(message.accountId, `${field}.account_id`, violations),
  }
}
