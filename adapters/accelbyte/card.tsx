import { type CardProps, Picture } from '../../src/console/card.ts'

/** Draws an achievement. */
export function AccelbyteCard({ entry }: CardProps) {
  return <Picture url={undefined} name={String(entry['name'])} />
}
