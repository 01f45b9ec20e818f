import type { Card } from '../src/console/card.ts'

/** The cards of the dialects that have one, in alphabetical order: each is loaded when a page shows it. */
export const cards: Readonly<Record<string, () => Promise<Card>>> = {
  accelbyte: async () => (await import('./accelbyte/card.tsx')).AccelbyteCard,
  discord: async () => (await import('./discord/card.tsx')).DiscordCard,
  xbox: async () => (await import('./xbox/card.tsx')).XboxCard,
}
