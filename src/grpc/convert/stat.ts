import {
  StatOperation as StatOperationOnWire,
  type StatUpdate as StatUpdateMessage,
} from '../../gen/laurel/v1/progress_service.ts'
import {
  type Stat as StatMessage,
  type StatValue as StatValueMessage,
  StatWriter,
} from '../../gen/laurel/v1/stat.ts'
import type { Stat, StatOperation, StatValue } from '../../model/stat.ts'
import type { StatUpdate } from '../../service/stats/stat-updates.ts'
import type { NewStat } from '../../service/stats/stats.ts'
import { readExtensions, writeExtensions } from './collections.ts'
import { type FieldReaders, readFields, readMaskedFields } from './fields.ts'
import { type Choices, readChoice, readFinite, readId, readOptionalFinite, readText } from './scalars.ts'
import { writeInstant } from './time.ts'
import type { Violations } from './violations.ts'

const WRITERS: Choices<StatWriter, Stat['setBy']> = {
  [StatWriter.UNSPECIFIED]: 'server',
  [StatWriter.CLIENT]: 'client',
  [StatWriter.SERVER]: 'server',
}

const WRITERS_ON_WIRE: Readonly<Record<Stat['setBy'], StatWriter>> = {
  client: StatWriter.CLIENT,
  server: StatWriter.SERVER,
}

const OPERATIONS: Choices<StatOperationOnWire, StatOperation> = {
  [StatOperationOnWire.UNSPECIFIED]: undefined,
  [StatOperationOnWire.SET]: 'set',
  [StatOperationOnWire.INCREMENT]: 'increment',
  [StatOperationOnWire.MAX]: 'max',
  [StatOperationOnWire.MIN]: 'min',
  [StatOperationOnWire.RESET]: 'reset',
}

type StatFields = Omit<NewStat, 'titleId' | 'code'>

const FIELDS: FieldReaders<StatMessage, StatFields> = {
  displayName: ({ displayName }, field, violations) => readText(displayName, field, violations),
  defaultValue: ({ defaultValue }, field, violations) => readFinite(defaultValue, field, violations),
  minimum: ({ minimum }, field, violations) => readOptionalFinite(minimum, field, violations),
  maximum: ({ maximum }, field, violations) => readOptionalFinite(maximum, field, violations),
  incrementOnly: ({ incrementOnly }) => incrementOnly,
  setBy: ({ setBy }, field, violations) => readChoice(setBy, WRITERS, StatWriter, field, violations),
  extensions: ({ extensions }, field, violations) => readExtensions(extensions, field, violations),
}

export function readStat(message: StatMessage, violations: Violations): NewStat {
  return {
    titleId: readId(message.titleId, 'stat.title_id', violations),
    code: readId(message.statCode, 'stat.stat_code', violations),
    ...readFields(message, FIELDS, 'stat', violations),
  }
}

export function readStatPatch(
  message: StatMessage,
  mask: readonly string[] | undefined,
  violations: Violations,
): Partial<StatFields> {
  return readMaskedFields(message, mask, FIELDS, 'stat', violations)
}

export function writeStat(stat: Stat): StatMessage {
  return {
    titleId: stat.titleId,
    statCode: stat.code,
    displayName: stat.displayName,
    defaultValue: stat.defaultValue,
    minimum: stat.minimum,
    maximum: stat.maximum,
    incrementOnly: stat.incrementOnly,
    setBy: WRITERS_ON_WIRE[stat.setBy],
    extensions: writeExtensions(stat.extensions),
    createTime: writeInstant(stat.createTime),
    updateTime: writeInstant(stat.updateTime),
    etag: stat.etag,
  }
}

export function writeStatValue({ code, value, createTime, updateTime }: StatValue): StatValueMessage {
  return {
    statCode: code,
    value,
    createTime: writeInstant(createTime),
    updateTime: writeInstant(updateTime),
  }
}

export function readStatUpdate(
  message: StatUpdateMessage,
  field: string,
  violations: Violations,
): StatUpdate {
  const { operation } = message
  return {
    code: readId(message.statCode, `${field}.stat_code`, violations),
    operation: readChoice(operation, OPERATIONS, StatOperationOnWire, `${field}.operation`, violations),
    value: readFinite(message.value, `${field}.value`, violations),
  }
}
