import type { Adapter, TitleFacts } from '../../dialect/adapter.ts'
import { followingIds, titleIdFor, withAllIds } from '../../dialect/bindings.ts'
import { LaurelError } from '../../model/errors.ts'
import { sameJson } from '../../model/json.ts'
import type { Binding, Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import { authorize, title as titlePermission } from '../authorization.ts'
import type { Call } from '../call.ts'
import { titleNotFound, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { bindTitle, insertTitle } from './bind-title.ts'

export interface FindTitleOptions {
  /** The caller's choice; undefined to go by the ids in the document. */
  readonly titleId: string | undefined
  /** Creates a title that does not exist. */
  readonly canCreate: boolean
  /** Binds an existing title to ids of the document that it is not bound to yet. */
  readonly canBind: boolean
  /**
   * Accepts a document that names ids of another title, and leaves all bindings as they are. The caller needs the
   * permission to update that title too.
   */
  readonly allowRebinding: boolean
  /** The default locale of a title that is created. */
  readonly locale: string | undefined
}

export interface FoundTitle {
  readonly title: Title
  readonly created: boolean
}

/**
 * Returns the title that a document's entry belongs to: the title that the caller names, else the title bound to the
 * document's ids. A title that does not exist is created, and bound to the ids unless another title owns one of them.
 * @throws LaurelError when neither names a title, or the document belongs to another title.
 */
export async function findTitle(
  services: Services,
  queries: Queries,
  adapter: Adapter,
  facts: TitleFacts,
  options: FindTitleOptions,
  call: Call,
): Promise<FoundTitle> {
  const binding = facts.binding ?? {}
  const owners = await ownersOf(queries, adapter, binding)
  const titleId = options.titleId ?? owners[0] ?? titleIdFor(adapter, binding)
  if (titleId === undefined) throw titleUnnamed(adapter)
  const title = await queries.titles.lock(titleId)
  const bound = title?.bindings[adapter.id] ?? {}
  const unbound = Object.entries(binding).filter(([name, value]) => bound[name] !== value)
  // A title's own id is not a binding, and no other title may be bound to it, nor to an id from which it follows.
  const following = followingIds(adapter, Object.fromEntries(unbound)).map(({ value }) => value)
  const namesakes = unbound.length === 0 ? [] : await queries.titleBindings.findExistingTitleIds(following)
  const foreign = [...owners, ...namesakes].filter((owner) => owner !== titleId)
  if (foreign[0] !== undefined) {
    if (!options.allowRebinding) throw boundElsewhere(adapter, binding, foreign[0], titleId)
    authorize(
      call.principal,
      foreign.map((owner) => titlePermission(owner, 'update')),
    )
  }
  if (title === undefined) {
    if (!options.canCreate) throw titleNotFound(titleId)
    const bindings = foreign.length === 0 ? bindingsOf(adapter, binding) : {}
    const created = await create(services, queries, facts, { titleId, bindings, locale: options.locale })
    // Undefined if a concurrent import has just created it.
    return created
      ? { title: created, created: true }
      : findTitle(services, queries, adapter, facts, options, call)
  }
  if (unbound.length > 0 && !options.canBind) throw notBound(adapter, binding, titleId)
  const differs = Object.entries(binding).some(([name, value]) => (bound[name] ?? value) !== value)
  if (differs && !options.allowRebinding) throw boundElsewhere(adapter, binding, undefined, titleId)
  const next: Title = {
    ...title,
    displayName: isNamed(title) ? title.displayName : (facts.displayName ?? title.displayName),
    bindings:
      differs || foreign.length > 0
        ? title.bindings
        : { ...title.bindings, ...bindingsOf(adapter, { ...binding, ...bound }) },
    extensions: { ...title.extensions, ...withKnown(title.extensions, facts.extensions) },
  }
  if (!sameJson(next, title)) {
    await queries.titles.update({ ...next, updateTime: services.now() })
    await bindTitle(services, queries, title, next.bindings)
  }
  return { title: next, created: false }
}

/** A title that was created without a name is called by its id, and takes the name of the first document that has one. */
function isNamed({ id, displayName }: Title): boolean {
  return displayName !== '' && displayName !== id
}

/** Returns the default locale of the title that has a document's ids; undefined if there is no such title yet. */
export async function defaultLocaleOf(
  queries: Queries,
  adapter: Adapter,
  { binding = {} }: TitleFacts,
): Promise<string | undefined> {
  const [owner] = await ownersOf(queries, adapter, binding)
  const titleId = owner ?? titleIdFor(adapter, binding)
  return titleId === undefined ? undefined : (await queries.titles.find(titleId))?.defaultLocale
}

/** Returns the ids of the titles that are bound to one of the ids, or to an id that follows from them. */
async function ownersOf(queries: Queries, adapter: Adapter, binding: Binding): Promise<readonly string[]> {
  if (Object.keys(binding).length === 0) return []
  return queries.titleBindings.findTitleIds(adapter.id, withAllIds(adapter, binding))
}

/** Writes a binding as `name value, name value`, for messages. */
export function formatBinding(binding: Binding): string {
  return Object.entries(binding)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

async function create(
  services: Services,
  queries: Queries,
  { displayName, extensions }: TitleFacts,
  { titleId, bindings, locale }: Pick<Title, 'bindings'> & { titleId: string; locale: string | undefined },
): Promise<Title | undefined> {
  const now = services.now()
  const isNew = await insertTitle(services, queries, {
    id: titleId,
    displayName: displayName ?? titleId,
    defaultLocale: locale ?? 'en',
    bindings: {},
    extensions,
    maskHiddenInGateways: false,
    createTime: now,
    updateTime: now,
    etag: '',
  })
  if (!isNew) return undefined
  await bindTitle(services, queries, { id: titleId, bindings: {} }, bindings)
  return titleOf(queries, titleId)
}

function bindingsOf(adapter: Adapter, binding: Binding): Title['bindings'] {
  return Object.keys(binding).length === 0 ? {} : { [adapter.id]: binding }
}

/** Merges a document's members of the title into those of earlier documents of the dialect. */
function withKnown(known: Title['extensions'], said: Title['extensions']): Title['extensions'] {
  return Object.fromEntries(
    Object.entries(said).map(([dialect, members]) => [dialect, { ...known[dialect], ...members }]),
  )
}

function titleUnnamed(adapter: Adapter): LaurelError {
  const message = `the document names no title of ${adapter.displayName}: say which title it is for`
  return new LaurelError('invalid_argument', 'TITLE_UNNAMED', message, {
    violations: [{ field: 'title_id', message: 'must be set for this document' }],
  })
}

function boundElsewhere(
  adapter: Adapter,
  binding: Binding,
  owner: string | undefined,
  titleId: string,
): LaurelError {
  const ids = `${formatBinding(binding)} in ${adapter.id}`
  const message =
    owner === undefined
      ? `the document is of ${ids}, and title ${titleId} is bound to other ids: import it into a title of these ids, or allow rebinding`
      : `the document is of ${ids}, which title ${owner} is bound to, not ${titleId}: import it into ${owner}, or allow rebinding`
  const boundTitle = owner === undefined ? {} : { boundTitleId: owner }
  const metadata = { titleId, dialect: adapter.id, ...boundTitle, ...binding }
  return new LaurelError('failed_precondition', 'BOUND_TO_ANOTHER_TITLE', message, { metadata })
}

function notBound(adapter: Adapter, binding: Binding, titleId: string): LaurelError {
  const message = `title ${titleId} exists and is not bound to ${formatBinding(binding)} in ${adapter.id}: bind it first`
  const metadata = { titleId, dialect: adapter.id, boundTitleId: titleId, ...binding }
  return new LaurelError('already_exists', 'BINDING_TAKEN', message, { metadata })
}
