import type { z } from 'zod'
import type { Canonical, EncodeContext } from '../../src/dialect/adapter.ts'
import { BLANK_PROGRESS, BLANK_RECORD } from '../../src/dialect/kit/blank.ts'
import { isJsonObject, type JsonObject } from '../../src/model/json.ts'
import type { ProgressState } from '../../src/model/progress.ts'
import { entryCodec } from './entry-codec.ts'
import { bindingOf, integerOf, titleIds } from './formats.ts'
import { lockedPercent } from './progression.ts'
import { achievementIdOf } from './record.ts'
import { updateSchema } from './schema.ts'

type Wire = z.output<typeof updateSchema>

/** Members beside the list of an update request that each of its entries needs. */
export const REQUEST_MEMBERS = ['action', 'serviceConfigId', 'titleId', 'userId'] as const
export const ACTION = 'progressUpdate'

/** A title's report of a player's progress: a request with one achievement. */
export const updateCodec = entryCodec<Wire>({
  mark: undefined,
  schema: updateSchema,
  fromWire,
  write,
  partAt: () => 'progress',
  locations: { progress: [] },
  free: new Set(['action']),
})

/** An entry of a request's list, as a request of its own. */
export function asRequest(entry: JsonObject, envelope: JsonObject): JsonObject {
  const said = REQUEST_MEMBERS.filter((name) => Object.hasOwn(envelope, name))
  return { ...Object.fromEntries(said.map((name) => [name, envelope[name] ?? null])), achievements: [entry] }
}

export function isRequest(entry: JsonObject): boolean {
  const { achievements } = entry
  return Array.isArray(achievements) && achievements.every((one) => isJsonObject(one))
}

function fromWire(wire: Wire): Canonical {
  const [update] = wire.achievements
  const percent = Math.min(100, Math.floor(update?.percentComplete ?? 0))
  return {
    ...BLANK_RECORD,
    title: { ...BLANK_RECORD.title, binding: bindingOf(wire.serviceConfigId, wire.titleId) },
    progress: {
      ...BLANK_PROGRESS,
      account: wire.userId ?? undefined,
      achievementId: update?.id ?? '',
      state: stateAt(percent),
      percent,
    },
  }
}

function write(record: Canonical, context: EncodeContext): JsonObject {
  const { progress } = record
  const { scid, titleId } = titleIds(record.title.binding)
  const userId = context.account ?? progress?.account
  const percentComplete = progress?.state === 'achieved' ? 100 : lockedPercent(progress)
  return {
    action: ACTION,
    ...(scid === undefined ? {} : { serviceConfigId: scid }),
    ...(titleId === undefined ? {} : { titleId: integerOf(titleId) }),
    ...(userId === undefined ? {} : { userId }),
    achievements: [{ id: achievementIdOf(record), percentComplete }],
  }
}

function stateAt(percent: number): ProgressState {
  if (percent >= 100) return 'achieved'
  return percent > 0 ? 'in_progress' : 'not_started'
}
