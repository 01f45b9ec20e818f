import type { ComponentType } from 'preact'

export { Picture } from './parts/picture.tsx'

/** What the card of a dialect draws: an achievement as the dialect's platform shows it to a player. */
export interface CardProps {
  /** The entry in the dialect's JSON. */
  readonly entry: Readonly<Record<string, unknown>>
  /** Whether the entry is of a player after the unlock. */
  readonly isUnlocked: boolean
}

export type Card = ComponentType<CardProps>
