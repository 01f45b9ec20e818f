import type { EventKindJson } from '../../clients/typescript/gen/laurel/v1/event_pb.js'
import type { ChipKind } from '../parts/chip.tsx'

type Kind = Exclude<EventKindJson, 'EVENT_KIND_UNSPECIFIED'>

/** The kinds of events, by their names for people. */
export const EVENT_KINDS: Readonly<Record<Kind, { readonly label: string; readonly chip: ChipKind }>> = {
  EVENT_KIND_PROGRESSED: { label: 'Progressed', chip: 'neutral' },
  EVENT_KIND_UNLOCKED: { label: 'Unlocked', chip: 'good' },
  EVENT_KIND_REVOKED: { label: 'Revoked', chip: 'bad' },
  EVENT_KIND_RESTORED: { label: 'Restored', chip: 'good' },
  EVENT_KIND_RESET: { label: 'Reset', chip: 'warning' },
  EVENT_KIND_COMMUNITY_UNLOCKED: { label: 'Unlocked for all', chip: 'good' },
  EVENT_KIND_CLAIMED: { label: 'Reward claimed', chip: 'accent' },
  EVENT_KIND_DEFINITION_CHANGED: { label: 'Definition changed', chip: 'neutral' },
  EVENT_KIND_PLAYER_DELETED: { label: 'Player deleted', chip: 'bad' },
  EVENT_KIND_PLAYER_MERGED: { label: 'Player merged', chip: 'warning' },
  EVENT_KIND_PROGRESS_IMPORTED: { label: 'Progress imported', chip: 'neutral' },
}

export function eventKindOf(kind: EventKindJson | undefined): (typeof EVENT_KINDS)[Kind] {
  return EVENT_KINDS[kind as Kind] ?? EVENT_KINDS.EVENT_KIND_PROGRESSED
}
