import { cards } from '../../adapters/cards.ts'
import type { Card } from './card.ts'

/** Loads the card of a dialect; undefined for a dialect without one, of which only the JSON is shown. */
export function loadCard(dialect: string): Promise<Card> | undefined {
  return cards[dialect]?.()
}
