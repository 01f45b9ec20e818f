import { DecodeError } from '../../../src/dialect/decode-error.ts'
import type { GatewayRequest, RequestHead, Route } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import type { Account } from '../../../src/model/player.ts'
import { isLongerThan } from '../../../src/model/text-length.ts'
import type { Title } from '../../../src/model/title.ts'
import { ids } from '../ids.ts'

/** The callers that a path is for: servers and operators, or game clients. */
export type Audience = 'admin' | 'public'

export function namespacePath(audience: Audience): Route['path'] {
  return `/achievement/v1/${audience}/namespaces/:namespace`
}

export function namespaceOf(request: RequestHead): string {
  return pathParam(request, 'namespace')
}

export function codeOf(request: RequestHead): string {
  return pathParam(request, 'code')
}

/** The title that is bound to the namespace of the path. */
export function titleOf(request: GatewayRequest): Promise<Title> {
  return request.operations.findBoundTitle(bindingOf(namespaceOf(request)), request.call)
}

/** The same, for a definition to be written: a namespace that no title is bound to becomes a title. */
export async function titleToDefineIn(request: GatewayRequest): Promise<Title> {
  try {
    return await titleOf(request)
  } catch (error) {
    if (!(error instanceof LaurelError) || error.reason !== 'TITLE_NOT_FOUND') throw error
  }
  // Called as its namespace, by which permissions name it too.
  const namespace = namespaceOf(request)
  return request.operations.claimTitle({ ...bindingOf(namespace), titleId: namespace }, request.call)
}

/** The account that the user id of the path is. */
export function accountOf(request: RequestHead): Account {
  const id = request.params['userId'] ?? ''
  if (!ids.account.accepts(id)) throw new DecodeError(['userId'], `expected ${ids.account.form}`)
  return { dialect: 'accelbyte', id }
}

function bindingOf(namespace: string) {
  return { dialect: 'accelbyte', binding: { namespace } } as const
}

function pathParam({ params }: RequestHead, name: string): string {
  const value = params[name] ?? ''
  if (value !== '' && !isLongerThan(value, LIMITS.id) && !/\p{Cc}/u.test(value)) return value
  throw new DecodeError([name], `expected 1 to ${LIMITS.id} characters without control characters`)
}
