import type { Canonical } from '../../dialect/adapter.ts'
import { LossReport } from '../../dialect/losses.ts'
import type { Translated } from '../../dialect/translate.ts'
import { formatInstant, type Instant, TICKS_PER_SECOND } from '../../model/instant.ts'
import type { Services } from '../services.ts'
import { achievementIdOf } from './entry-losses.ts'

type Clock = Pick<Services, 'now' | 'settings'>

/** Returns the time up to which a clock of others may be ahead. Later times are unknown. */
export function latestTime({ now, settings }: Clock): Instant {
  return now() + BigInt(settings.timeBounds.maxClockSkewSeconds) * TICKS_PER_SECOND
}

/** The members of a record that state when something happened. */
const TIMES = {
  achievement: ['createTime', 'updateTime'],
  progress: ['unlockTime'],
  summary: ['lastUnlockTime'],
} as const

/**
 * Returns an entry's record without times from the future: they are unknown, which is reported as a loss. A time that is ahead by
 * no more than clocks may differ is taken as now.
 */
export function withPastTimes(record: Canonical, path: string, services: Clock): Translated<Canonical> {
  const [now, latest] = [services.now(), latestTime(services)]
  const report = new LossReport()
  const past = { ...record } as { -readonly [Part in keyof Canonical]: Canonical[Part] }
  for (const part of ['achievement', 'progress', 'summary'] as const) {
    const facts = record[part] as Readonly<Record<string, Instant | undefined>> | undefined
    for (const member of TIMES[part]) {
      const time = facts?.[member]
      if (time === undefined || time <= now) continue
      past[part] = { ...past[part], [member]: time > latest ? undefined : now } as never
      if (time > latest) report.dropped([part, member], formatInstant(time), 'it lies in the future')
    }
  }
  const achievementId = achievementIdOf(record)
  const losses = report.losses.map((loss) => ({ ...loss, path: path + loss.path.slice(1), achievementId }))
  return { result: past, losses }
}
