import type { GatewayRequest } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { Binding, Title } from '../../../src/model/title.ts'
import { scidOf, titleIds } from '../formats.ts'

/** A title as Xbox knows it. */
export interface XboxTitle {
  readonly title: Title
  readonly scid: string
  /** In decimal; undefined where only the service configuration id is known, and does not end in it. */
  readonly titleId: string | undefined
}

/** @throws LaurelError TITLE_NOT_FOUND. */
export async function titleOfScid(request: GatewayRequest, scid: string): Promise<XboxTitle> {
  const { titleId } = titleIds({ service_config_id: scid })
  const own = await find(request, { service_config_id: scid })
  if (own !== undefined) return own
  const derived = titleId === undefined ? undefined : await find(request, { title_id: titleId })
  if (derived?.scid === scid) return derived
  throw new LaurelError('not_found', 'TITLE_NOT_FOUND', `no title has the service configuration id ${scid}`)
}

export async function titleOfId(request: GatewayRequest, titleId: string): Promise<XboxTitle | undefined> {
  const own = await find(request, { title_id: titleId })
  if (own !== undefined) return own
  const derived = await find(request, { service_config_id: scidOf(titleId) ?? '' })
  return derived?.titleId === titleId ? derived : undefined
}

/** Undefined for a title that is not bound to a service configuration id, nor to a title id that one follows from. */
export function onXbox(title: Title): XboxTitle | undefined {
  const { scid, titleId } = titleIds(title.bindings['xbox'])
  if (scid === undefined) return undefined
  return { title, scid: scid.toLowerCase(), titleId: titleNumber(titleId) }
}

/** The text where it is a title id. */
function titleNumber(text: string | undefined): string | undefined {
  return text !== undefined && /^(0|[1-9]\d{0,9})$/.test(text) && scidOf(text) !== undefined
    ? text
    : undefined
}

async function find({ operations, call }: GatewayRequest, binding: Binding): Promise<XboxTitle | undefined> {
  try {
    return onXbox(await operations.findBoundTitle({ dialect: 'xbox', binding }, call))
  } catch (error) {
    if (error instanceof LaurelError && error.reason === 'TITLE_NOT_FOUND') return undefined
    throw error
  }
}
