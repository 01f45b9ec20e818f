import { invalidArgument, LaurelError, type Violation } from '../../model/errors.ts'
import type { Stat } from '../../model/stat.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { statOf, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export type NewStat = Omit<Stat, 'createTime' | 'updateTime' | 'etag'>

export async function createStat(
  services: Services,
  request: { readonly stat: NewStat; readonly requestId: string | undefined },
  call: Call,
): Promise<Stat> {
  return mutateIdempotently(services, 'createStat', request, call, async (queries) => {
    const { stat } = request
    checkBounds(stat)
    await titleOf(queries, stat.titleId)
    if ((await queries.stats.listByCodes(stat.titleId, [stat.code])).length > 0) {
      const message = `stat ${stat.code} exists already in title ${stat.titleId}`
      const metadata = { titleId: stat.titleId, statCode: stat.code }
      throw new LaurelError('already_exists', 'STAT_EXISTS', message, { metadata })
    }
    const now = services.now()
    await queries.stats.insert({ ...stat, createTime: now, updateTime: now, etag: '' })
    return statOf(queries, stat.titleId, stat.code)
  })
}

/** The default lies between minimum and maximum, and these are in order. */
export function checkBounds({ minimum, maximum, defaultValue }: NewStat): void {
  const violations: Violation[] = []
  if (minimum !== undefined && maximum !== undefined && minimum > maximum) {
    violations.push({ field: 'stat.minimum', message: `must be at most maximum (${maximum})` })
  }
  if (minimum !== undefined && defaultValue < minimum) {
    violations.push({ field: 'stat.default_value', message: `must be at least minimum (${minimum})` })
  }
  if (maximum !== undefined && defaultValue > maximum) {
    violations.push({ field: 'stat.default_value', message: `must be at most maximum (${maximum})` })
  }
  if (violations.length > 0) throw invalidArgument(violations)
}
