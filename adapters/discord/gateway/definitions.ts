import type { GatewayRequest, GatewayResponse } from '../../../src/http/gateway.ts'
import type { Achievement, MediaAsset, StoredAchievement } from '../../../src/model/achievement.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { Title } from '../../../src/model/title.ts'
import { decode, iconAsset } from '../decode.ts'
import { mintSnowflake } from '../snowflake.ts'
import { BodyReader } from './body-reader.ts'
import { checkManager } from './caller.ts'
import { refusal } from './failure.ts'
import { type IconData, putIcon, readIcon } from './icon.ts'
import { listOf } from './list.ts'
import { achievementOf, bindingOf, DIALECT, knownTitleOf, titleOf } from './target.ts'
import { changeText, readTextChange, type TextChange } from './texts.ts'
import { versionOf } from './version.ts'
import { writeAchievement } from './write.ts'

const MAX_ACHIEVEMENTS = 1000
/** Attempts to create an id that concurrent calls keep taking, before the call fails. */
const ATTEMPTS = 10

/** The members of a body; undefined if it omits them. */
interface Change {
  readonly name: TextChange | undefined
  readonly description: TextChange | undefined
  readonly secret: boolean | undefined
  readonly secure: boolean | undefined
  readonly icon: IconData | null | undefined
}

export async function listAchievements(request: GatewayRequest): Promise<GatewayResponse> {
  checkManager(request)
  const { operations, call } = request
  const { id } = await titleOf(request)
  const pages = operations.listDialectAchievements({ dialect: DIALECT, titleId: id }, call)
  return listOf(pages, (page) => page.map((achievement) => writeAchievement(request, achievement)))
}

export async function getAchievement(request: GatewayRequest): Promise<GatewayResponse> {
  checkManager(request)
  return { status: 200, body: writeAchievement(request, await managedAchievement(request)) }
}

export async function createAchievement(request: GatewayRequest): Promise<GatewayResponse> {
  checkManager(request)
  const { operations, call } = request
  const binding = bindingOf(request)
  const known = await knownTitleOf(request)
  const form = new BodyReader(request)
  const change = readChange(form, request)
  for (const member of ['name', 'description'] as const) {
    if (form.value(member) === undefined) form.require(member)
  }
  form.check()
  const icon = change.icon ? await putIcon(request, known?.id, change.icon) : undefined
  const title = known ?? (await operations.claimTitle({ dialect: DIALECT, binding }, call))
  const created = await createUnderNewId(request, title, change, icon)
  if (created === undefined) throw refusal('tooManyAchievements')
  return { status: 200, body: writeAchievement(request, created) }
}

/** Retries on the newest definition after a concurrent edit. */
export async function updateAchievement(request: GatewayRequest): Promise<GatewayResponse> {
  checkManager(request)
  const { operations, call } = request
  const title = await titleOf(request)
  const form = new BodyReader(request)
  const change = readChange(form, request)
  form.check()
  const first = await achievementOf(request, title)
  const icon = change.icon ? await putIcon(request, title.id, change.icon) : change.icon
  for (let attempt = 1, current = first; ; attempt += 1, current = await achievementOf(request, title)) {
    const { id, etag } = current
    const patch = patchOf(request, current, change, icon)
    try {
      const updated =
        Object.keys(patch).length === 0
          ? await operations.getAchievement({ titleId: title.id, achievementId: id }, call)
          : await operations.updateAchievement(
              { titleId: title.id, achievementId: id, etag, patch, requestId: undefined },
              call,
            )
      return { status: 200, body: writeAchievement(request, updated) }
    } catch (error) {
      if (!isReason(error, 'ETAG_MISMATCH') || attempt === ATTEMPTS) throw error
    }
  }
}

/** Deletes the players' progress too: at Discord, that was the way to revoke progress. */
export async function deleteAchievement(request: GatewayRequest): Promise<GatewayResponse> {
  checkManager(request)
  const { operations, call } = request
  const { titleId, id } = await achievementOf(request, await titleOf(request))
  const requested = { titleId, achievementId: id, etag: undefined, force: true, requestId: undefined }
  await operations.deleteAchievement(requested, call)
  return { status: 204 }
}

/** Resolves the ids without a permission, and reads the definition with the permission to write definitions. */
async function managedAchievement(request: GatewayRequest): Promise<StoredAchievement> {
  const { operations, call } = request
  const { titleId, id } = await achievementOf(request, await titleOf(request))
  return operations.getAchievement({ titleId, achievementId: id }, call)
}

function readChange(form: BodyReader, request: GatewayRequest): Change {
  const version = versionOf(request)
  return {
    name: readTextChange(form, 'name', version),
    description: readTextChange(form, 'description', version),
    secret: form.boolean('secret'),
    secure: form.boolean('secure'),
    icon: readIcon(form),
  }
}

/** Undefined when the application has all that it may have. */
async function createUnderNewId(
  request: GatewayRequest,
  title: Title,
  change: Change,
  icon: string | undefined,
): Promise<StoredAchievement | undefined> {
  const { operations, call, now } = request
  for (let attempt = 1; ; attempt += 1) {
    const [entropy = 0n] = crypto.getRandomValues(new BigUint64Array(1))
    const id = mintSnowflake({ taken: new Set(), time: now, entropy })
    const achievement = newAchievement(request, id, title.defaultLocale, change, icon)
    try {
      const requested = { titleId: title.id, achievement, limit: MAX_ACHIEVEMENTS }
      return await operations.createLimitedAchievement(requested, call)
    } catch (error) {
      const isTaken = isReason(error, 'ACHIEVEMENT_EXISTS') || isReason(error, 'DIALECT_ID_TAKEN')
      if (!isTaken || attempt === ATTEMPTS) throw error
    }
  }
}

function newAchievement(
  request: GatewayRequest,
  id: string,
  locale: string,
  { name, description, secret, secure }: Change,
  icon: string | undefined,
): Achievement {
  const entry = { ...bindingOf(request), id, name: '', secret: secret ?? false, secure: secure ?? false }
  const { achievement } = decode({ ...entry, icon_hash: icon ?? null }, { locale, envelope: {} })
  if (achievement === undefined) throw new TypeError('a definition was written that is none')
  const empty = { locale, text: '', translations: {} }
  return {
    ...achievement,
    name: changeText(empty, name ?? NO_TEXT),
    description: changeText(empty, description ?? NO_TEXT),
    // Stores no original texts: each version responds in its own shape.
    extensions: {},
  }
}

const NO_TEXT: TextChange = { text: undefined, translations: undefined }

function patchOf(
  request: GatewayRequest,
  current: StoredAchievement,
  { name, description, secret, secure }: Change,
  icon: string | null | undefined,
): Partial<Achievement> {
  return {
    ...(name && { name: changeText(current.name, name) }),
    ...(description && { description: changeText(current.description, description) }),
    ...(secret !== undefined && { hidden: secret }),
    ...(secure !== undefined && { serverOnly: secure }),
    ...(icon !== undefined && { media: mediaWith(request, current, icon) }),
  }
}

/** Images of other roles belong to other platforms. */
function mediaWith(
  request: GatewayRequest,
  { media, ids, id }: StoredAchievement,
  icon: string | null,
): readonly MediaAsset[] {
  const others = media.filter(({ role }) => role !== 'icon')
  const facts = { application: bindingOf(request)['application_id'], id: ids[DIALECT] ?? id }
  return icon === null ? others : [iconAsset(facts, icon), ...others]
}

function isReason(error: unknown, reason: LaurelError['reason']): boolean {
  return error instanceof LaurelError && error.reason === reason
}
