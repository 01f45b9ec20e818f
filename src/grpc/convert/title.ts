import type { Binding as BindingMessage, Title as TitleMessage } from '../../gen/laurel/v1/title.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Binding, Title } from '../../model/title.ts'
import type { NewTitle } from '../../service/titles/titles.ts'
import { readExtensions, readMap, writeExtensions, writeMap } from './collections.ts'
import { type FieldReaders, readFields, readMaskedFields } from './fields.ts'
import { readId, readLocale, readText } from './scalars.ts'
import { writeInstant } from './time.ts'
import type { Violations } from './violations.ts'

/** The locale of texts if neither the document nor the title states one. */
const DEFAULT_LOCALE = 'en'

type TitleFields = Required<Omit<NewTitle, 'id'>>

const FIELDS: FieldReaders<TitleMessage, TitleFields> = {
  displayName: (title, field, violations) => readText(title.displayName, field, violations),
  defaultLocale: (title, field, violations) =>
    readLocale(title.defaultLocale, field, violations) || DEFAULT_LOCALE,
  bindings: (title, field, violations) =>
    readMap(title.bindings, LIMITS.dialects, field, violations, readBinding),
  extensions: (title, field, violations) => readExtensions(title.extensions, field, violations),
  maskHiddenInGateways: ({ maskHiddenInGateways }) => maskHiddenInGateways,
}

export function readTitle(message: TitleMessage, violations: Violations): NewTitle {
  return {
    id: readId(message.titleId, 'title.title_id', violations),
    ...readFields(message, FIELDS, 'title', violations),
  }
}

export function readTitlePatch(
  message: TitleMessage,
  mask: readonly string[] | undefined,
  violations: Violations,
): Partial<TitleFields> {
  return readMaskedFields(message, mask, FIELDS, 'title', violations)
}

export function writeTitle(title: Title): TitleMessage {
  return {
    titleId: title.id,
    displayName: title.displayName,
    defaultLocale: title.defaultLocale,
    bindings: writeMap(title.bindings, (binding) => ({ ids: new Map(Object.entries(binding)) })),
    extensions: writeExtensions(title.extensions),
    maskHiddenInGateways: title.maskHiddenInGateways,
    createTime: writeInstant(title.createTime),
    updateTime: writeInstant(title.updateTime),
    etag: title.etag,
  }
}

function readBinding({ ids }: BindingMessage, field: string, violations: Violations): Binding {
  if (ids.size === 0) violations.add(`${field}.ids`, 'must hold at least one id')
  return readMap(ids, LIMITS.bindingIds, `${field}.ids`, violations, readId)
}
