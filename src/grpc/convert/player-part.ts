import { ExportPlayerResponse } from '../../gen/laurel/v1/player_service.ts'
import type { PlayerPart } from '../../service/players/export-player.ts'
import { writeAuditEntry } from './audit.ts'
import { writePlayerContribution } from './community.ts'
import { writeDelivery } from './delivery.ts'
import { writeEventWithProgress } from './event.ts'
import { writePlayer, writePlayerSummary } from './player.ts'
import { writeProgress } from './progress.ts'
import { writeStatValue } from './stat.ts'

export function writePlayerPart(part: PlayerPart): ExportPlayerResponse {
  return { ...ExportPlayerResponse.fromPartial({}), ...fieldsOf(part) }
}

function fieldsOf(part: PlayerPart): Partial<ExportPlayerResponse> {
  switch (part.kind) {
    case 'player':
      return { player: writePlayer(part.player), absorbedPlayerIds: [...part.absorbedIds] }
    case 'summary':
      return { summary: writePlayerSummary(part.summary) }
    case 'progress':
      return { progress: part.items.map((item) => writeProgress(item, item.progress)) }
    case 'stats':
      return { titleId: part.titleId, statValues: part.items.map(writeStatValue) }
    case 'contributions': {
      const contributions = part.items.map((each) => writePlayerContribution({ ...each, claimable: false }))
      return { titleId: part.titleId, contributions }
    }
    case 'deliveries':
      return { deliveries: part.items.map(writeDelivery) }
    case 'events':
      return { events: part.items.map(writeEventWithProgress) }
    case 'audit':
      return { auditEntries: part.items.map(writeAuditEntry) }
  }
}
