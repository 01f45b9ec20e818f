import { type CardProps, Picture } from '../../src/console/card.ts'

interface Progression {
  readonly requirements?: readonly { readonly current?: string | null; readonly target?: string | null }[]
}

/** A tile of Xbox's achievement list: the art in the icon, name, description, gamerscore, and the progress of the first requirement. */
export function XboxCard({ entry, isUnlocked }: CardProps) {
  const isSecret = entry['isSecret'] === true && !isUnlocked
  const media = (entry['mediaAssets'] ?? []) as readonly { type?: string; url?: string }[]
  const name = String(entry['name'] ?? '')
  const description = entry[isUnlocked ? 'description' : 'lockedDescription']
  const score = gamerscoreOf(entry)
  const progress = isUnlocked ? undefined : progressOf(entry['progression'] as Progression | undefined)
  return (
    <div class="card-xbox" data-unlocked={isUnlocked}>
      <Picture url={media.find(({ type }) => type === 'Icon')?.url} name={name} size={72} />
      <div>
        <p class="card-name" dir="auto">
          {isSecret ? 'Secret achievement' : name}
        </p>
        <p dir="auto">{isSecret ? 'Keep playing to unlock it.' : String(description ?? '')}</p>
        <p class="card-score">
          {score > 0 && <span>Ⓖ {score}</span>}
          {isUnlocked && <span>Unlocked</span>}
          {progress !== undefined && <span>{progress}%</span>}
        </p>
      </div>
    </div>
  )
}

function gamerscoreOf({ rewards, gamerscore }: CardProps['entry']): number {
  if (typeof gamerscore === 'number') return gamerscore
  return ((rewards ?? []) as readonly { type?: string; value?: string }[])
    .filter(({ type }) => type === 'Gamerscore')
    .reduce((sum, { value }) => sum + Number(value ?? 0), 0)
}

/** The service shows the requirement that is furthest. */
function progressOf(progression: Progression | undefined): number | undefined {
  const percents = (progression?.requirements ?? []).map(({ current, target }) =>
    Math.floor((100 * Number(current ?? 0)) / Number(target ?? 1)),
  )
  return percents.length === 0 ? undefined : Math.max(0, Math.min(100, ...percents))
}
