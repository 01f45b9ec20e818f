import type { ComponentType } from 'preact'

export { Picture } from './parts/picture.tsx'

/** The properties of a dialect's card: an achievement as the dialect's platform shows it to a player. */
export interface CardProps {
  /** The definition in the dialect's JSON. */
  readonly definition: Readonly<Record<string, unknown>>
  /** A player's entry in the dialect's JSON. */
  readonly entry: Readonly<Record<string, unknown>>
  /** The language to show, if the dialect has several; empty for the default one. */
  readonly locale: string
  /** Whether the entry is of a player after the unlock. */
  readonly isUnlocked: boolean
}

export type Card = ComponentType<CardProps>
