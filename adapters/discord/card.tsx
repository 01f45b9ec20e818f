import { type CardProps, Picture } from '../../src/console/card.ts'

/** An achievement in Discord's profile and activity: a square icon, name and description, and the percentage until the unlock. */
export function DiscordCard({ definition, entry, isUnlocked, locale }: CardProps) {
  const isSecret = definition['secret'] === true && !isUnlocked
  const name = textOf(definition, 'name', locale)
  const percent = Number(entry['percent_complete'] ?? 0)
  return (
    <div class="card-discord" data-unlocked={isUnlocked}>
      <Picture url={iconUrl(definition['icon_hash'])} name={name} size={48} />
      <div>
        <p class="card-name" dir="auto">
          {isSecret ? 'Secret achievement' : name}
        </p>
        <p dir="auto">
          {isSecret ? 'Unlock it to see what it is.' : textOf(definition, 'description', locale)}
        </p>
        {!isUnlocked && <progress aria-label="Progress" value={percent} max={100} />}
      </div>
    </div>
  )
}

/** API versions 6 to 9 have an object of default and localizations, version 10 a string beside `name_localizations`. */
function textOf(definition: CardProps['definition'], field: string, locale: string): string {
  const text = definition[field]
  if (typeof text === 'string') {
    const others = (definition[`${field}_localizations`] ?? {}) as Readonly<Record<string, string>>
    return others[locale] ?? text
  }
  const { default: base = '', localizations = {} } = (text ?? {}) as {
    readonly default?: string
    readonly localizations?: Readonly<Record<string, string>>
  }
  return localizations[locale] ?? base
}

/** Discord names an icon by a hash; Laurel stores one by its own. */
function iconUrl(hash: unknown): string | undefined {
  return typeof hash === 'string' && /^[0-9a-f]{32}$/.test(hash) ? `/images/${hash}.png` : undefined
}
