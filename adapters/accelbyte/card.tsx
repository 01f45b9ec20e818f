import { type CardProps, Picture } from '../../src/console/card.ts'

type Texts = Readonly<Record<string, string>>

/** A row of AccelByte's achievement list: icon, name, description, and the progress of an incremental achievement. */
export function AccelbyteCard({ definition, entry, isUnlocked, locale }: CardProps) {
  const textOf = (texts: unknown) => {
    const known = (texts ?? {}) as Texts
    return known[locale] ?? known[String(definition['DefaultLanguage'])] ?? Object.values(known)[0] ?? ''
  }
  const icons = definition[isUnlocked ? 'UnlockedIcons' : 'LockedIcons'] as
    | readonly { url?: string }[]
    | undefined
  const isSecret = definition['Hidden'] === true && !isUnlocked
  const name = textOf(definition['Name'])
  const goal = Number(definition['GoalValue'] ?? 0)
  return (
    <div class="card-accelbyte" data-unlocked={isUnlocked}>
      <Picture url={icons?.[0]?.url} name={name} size={48} />
      <div>
        <p class="card-name" dir="auto">
          {isSecret ? 'Hidden achievement' : name}
        </p>
        <p dir="auto">{isSecret ? 'Keep playing to reveal it.' : textOf(definition['Description'])}</p>
        {definition['Incremental'] === true && !isSecret && (
          <p class="card-count">
            {isUnlocked ? goal : Number(entry['latestValue'] ?? 0)} / {goal}
          </p>
        )}
        {isUnlocked && <p class="card-count">Unlocked</p>}
      </div>
    </div>
  )
}
