import type { Adapter, TitleFacts } from '../../dialect/adapter.ts'
import { LaurelError } from '../../model/errors.ts'
import { sameJson } from '../../model/json.ts'
import type { Binding, Title } from '../../model/title.ts'
import type { Queries } from '../../store/queries.ts'
import * as right from '../authorization.ts'
import { titleNotFound, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface TitleWanted {
  /** Whether a title that does not exist is created. */
  readonly mayCreate: boolean
  /** Whether a title that exists is bound to ids of the document that it is not bound to yet. */
  readonly mayBind: boolean
  /** The caller's choice; undefined to go by the document's own ids. */
  readonly titleId: string | undefined
  /**
   * Take a document that names ids of another title all the same, leaving bindings as they are. The caller must have the
   * right to update that title too.
   */
  readonly allowRebinding: boolean
  readonly locale: string | undefined
}

export interface FoundTitle {
  readonly title: Title
  readonly created: boolean
}

/**
 * Returns the title that a document's entry belongs to: the one that the caller names, else the one that is bound to the
 * document's ids. A title that does not exist is created, and bound to the document's ids when it has none yet in
 * that dialect.
 * @throws LaurelError when neither says which title, or the document is of another one.
 */
export async function findTitle(
  services: Services,
  queries: Queries,
  adapter: Adapter,
  facts: TitleFacts,
  wanted: TitleWanted,
  call: Call,
): Promise<FoundTitle> {
  const binding = facts.binding ?? {}
  const owners = await ownersOf(queries, adapter, binding)
  const titleId = wanted.titleId ?? owners[0] ?? nameFor(adapter, binding)
  if (titleId === undefined) throw titleUnnamed(adapter)
  const title = await queries.titles.lock(titleId)
  const bound = title?.bindings[adapter.id] ?? {}
  const unbound = Object.entries(binding).flatMap(([name, value]) => (bound[name] === value ? [] : value))
  // A title's own id is no binding, and nothing else may be bound to it.
  const namesakes = unbound.length === 0 ? [] : await queries.titleBindings.findExistingTitleIds(unbound)
  const foreign = [...owners, ...namesakes].find((owner) => owner !== titleId)
  if (foreign !== undefined) {
    if (!wanted.allowRebinding) throw boundElsewhere(adapter, binding, foreign, titleId)
    right.authorize(call.principal, [right.title(foreign, 'update')])
  }
  if (title === undefined) {
    if (!wanted.mayCreate) throw titleNotFound(titleId)
    const bindings = foreign === undefined ? bindingsOf(adapter, binding) : {}
    const created = await create(services, queries, facts, { titleId, bindings, locale: wanted.locale })
    // Undefined when another import has just made it.
    return created
      ? { title: created, created: true }
      : findTitle(services, queries, adapter, facts, wanted, call)
  }
  if (unbound.length > 0 && !wanted.mayBind) throw notBound(adapter, binding, titleId)
  const differs = Object.entries(binding).some(([name, value]) => (bound[name] ?? value) !== value)
  if (differs && !wanted.allowRebinding) throw boundElsewhere(adapter, binding, undefined, titleId)
  const next: Title = {
    ...title,
    bindings:
      differs || foreign !== undefined
        ? title.bindings
        : { ...title.bindings, ...bindingsOf(adapter, { ...binding, ...bound }) },
    extensions: { ...title.extensions, ...withKnown(title.extensions, facts.extensions) },
  }
  if (!sameJson(next, title)) {
    await queries.titles.update({ ...next, updateTime: services.now() })
    await queries.titleBindings.replace(titleId, next.bindings)
  }
  return { title: next, created: false }
}

/** The default locale of the title that has a document's ids; undefined where there is none yet. */
export async function defaultLocaleOf(
  queries: Queries,
  adapter: Adapter,
  { binding = {} }: TitleFacts,
): Promise<string | undefined> {
  const [owner] = await ownersOf(queries, adapter, binding)
  const titleId = owner ?? nameFor(adapter, binding)
  return titleId === undefined ? undefined : (await queries.titles.find(titleId))?.defaultLocale
}

async function ownersOf(queries: Queries, adapter: Adapter, binding: Binding): Promise<readonly string[]> {
  return Object.keys(binding).length === 0 ? [] : queries.titleBindings.findTitleIds(adapter.id, binding)
}

async function create(
  services: Services,
  queries: Queries,
  { displayName, extensions }: TitleFacts,
  { titleId, bindings, locale }: Pick<Title, 'bindings'> & { titleId: string; locale: string | undefined },
): Promise<Title | undefined> {
  const now = services.now()
  const isNew = await queries.titles.insert({
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
  await queries.titleBindings.replace(titleId, bindings)
  return titleOf(queries, titleId)
}

function bindingsOf(adapter: Adapter, binding: Binding): Title['bindings'] {
  return Object.keys(binding).length === 0 ? {} : { [adapter.id]: binding }
}

/** A document's members of the title, beside those that other documents of the dialect said. */
function withKnown(known: Title['extensions'], said: Title['extensions']): Title['extensions'] {
  return Object.fromEntries(
    Object.entries(said).map(([dialect, members]) => [dialect, { ...known[dialect], ...members }]),
  )
}

/** A title that only a document knows is called after it: `xbox-219630713`. */
function nameFor(adapter: Adapter, binding: Binding): string | undefined {
  const name = Object.values(binding).at(-1)
  return name === undefined ? undefined : `${adapter.id}-${name}`
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
  const ids = Object.entries(binding).map(([name, value]) => `${name} ${value}`)
  const whose = owner === undefined ? `other ids than title ${titleId} is bound to` : `ids of title ${owner}`
  const message = `the document names ${whose} in ${adapter.id} (${ids.join(', ')}), not those of ${titleId}: import it there, or allow rebinding`
  return new LaurelError('failed_precondition', 'BOUND_TO_ANOTHER_TITLE', message, {
    metadata: {
      titleId,
      dialect: adapter.id,
      ...(owner === undefined ? {} : { boundTitleId: owner }),
      ...binding,
    },
  })
}

function notBound(adapter: Adapter, binding: Binding, titleId: string): LaurelError {
  const ids = Object.entries(binding).map(([name, value]) => `${name} ${value}`)
  const message = `title ${titleId} exists and is not bound to ${ids.join(', ')} in ${adapter.id}: bind it first`
  const metadata = { titleId, dialect: adapter.id, boundTitleId: titleId, ...binding }
  return new LaurelError('already_exists', 'BINDING_TAKEN', message, { metadata })
}
