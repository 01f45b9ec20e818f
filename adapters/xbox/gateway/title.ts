import type { GatewayRequest } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { Binding, Title } from '../../../src/model/title.ts'
import { scidOf, titleIds } from '../words.ts'

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
  if (own !== undefined) return named(own)
  const derived = titleId === undefined ? undefined : await find(request, { title_id: titleId })
  if (derived !== undefined && named(derived).scid === scid) return named(derived)
  throw new LaurelError('not_found', 'TITLE_NOT_FOUND', `no title has the service configuration id ${scid}`)
}

export async function titleOfId(request: GatewayRequest, titleId: string): Promise<XboxTitle | undefined> {
  const own = await find(request, { title_id: titleId })
  if (own !== undefined) return named(own)
  const derived = await find(request, { service_config_id: scidOf(titleId) ?? '' })
  return derived !== undefined && named(derived).titleId === titleId ? named(derived) : undefined
}

/** Undefined for a title that Xbox cannot name. */
export function onXbox(title: Title): XboxTitle | undefined {
  return title.bindings['xbox'] === undefined && titleNumber(title.id) === undefined
    ? undefined
    : named(title)
}

/** A title that was never bound is known by its own id. */
function named(title: Title): XboxTitle {
  const number = titleNumber(title.id)
  const unbound: Binding =
    number === undefined ? { service_config_id: title.id.toLowerCase() } : { title_id: number }
  const { scid, titleId } = titleIds(title.bindings['xbox'] ?? unbound)
  const own = titleNumber(titleId)
  return { title, scid: (scid ?? title.id).toLowerCase(), titleId: own }
}

/** The text where it is a title id. */
function titleNumber(text: string | undefined): string | undefined {
  return text !== undefined && /^(0|[1-9]\d{0,9})$/.test(text) && scidOf(text) !== undefined
    ? text
    : undefined
}

async function find({ operations, call }: GatewayRequest, binding: Binding): Promise<Title | undefined> {
  try {
    return await operations.findBoundTitle({ dialect: 'xbox', binding }, call)
  } catch (error) {
    if (error instanceof LaurelError && error.reason === 'TITLE_NOT_FOUND') return undefined
    throw error
  }
}
