import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { Binding, Title } from '../../../src/model/title.ts'
import { isSnowflakeText } from '../snowflake.ts'
import { invalidForm } from './body-reader.ts'

export const DIALECT = 'discord'

/** Returns an id of the path. @throws Refusal, in Discord's format, for a text that is no id. */
export function pathId(request: GatewayRequest, name: 'application' | 'achievement' | 'user'): string {
  const text = request.params[name] ?? ''
  if (isSnowflakeText(text)) return text
  const path = [`${name}_id`]
  throw invalidForm(request, [
    /^[1-9]\d{18,}$/.test(text)
      ? {
          path,
          code: 'NUMBER_TYPE_MAX',
          message: 'snowflake value should be less than or equal to 9223372036854775807.',
        }
      : { path, code: 'NUMBER_TYPE_COERCE', message: `Value "${text.slice(0, 60)}" is not snowflake.` },
  ])
}

export function bindingOf(request: GatewayRequest): Binding {
  return { application_id: pathId(request, 'application') }
}

/** The title of the application in the path. @throws LaurelError NOT_FOUND */
export function titleOf(request: GatewayRequest): Promise<Title> {
  const { operations, call } = request
  return operations.findBoundTitle({ dialect: DIALECT, binding: bindingOf(request) }, call)
}

/** The same; undefined for an unknown application. */
export async function knownTitleOf(request: GatewayRequest): Promise<Title | undefined> {
  try {
    return await titleOf(request)
  } catch (error) {
    if (error instanceof LaurelError && error.reason === 'TITLE_NOT_FOUND') return undefined
    throw error
  }
}

/** The achievement in the path. @throws LaurelError NOT_FOUND */
export function achievementOf(request: GatewayRequest, { id }: Title): Promise<StoredAchievement> {
  const { operations, call } = request
  const dialectId = pathId(request, 'achievement')
  return operations.getDialectAchievement({ dialect: DIALECT, titleId: id, dialectId }, call)
}
