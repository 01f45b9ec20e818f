import type { Shape } from '../../dialect/adapter.ts'
import type { LintFinding, LintSeverity } from '../../dialect/lint.ts'
import type { Loss, LossPolicy } from '../../dialect/losses.ts'
import {
  type Dialect as DialectMessage,
  type DialectPreview as DialectPreviewMessage,
  EntryOutcomeKind,
  type EntryOutcome as EntryOutcomeMessage,
  type EntryPreview as EntryPreviewMessage,
  type FieldChange as FieldChangeMessage,
  ImportStrategy,
  type LintFinding as LintFindingMessage,
  LintSeverity as LintSeverityOnWire,
  LossKind,
  type Loss as LossMessage,
  LossPolicy as LossPolicyOnWire,
  type ProgressDrift,
  RecordPart,
} from '../../gen/laurel/v1/exchange.ts'
import type { JsonValue } from '../../model/json.ts'
import type { DialectDescription } from '../../service/exchange/dialects.ts'
import type { EntryKind, EntryOutcome } from '../../service/exchange/document-parts.ts'
import type { FieldChange } from '../../service/exchange/field-changes.ts'
import type { DialectPreview, EntryPreview } from '../../service/exchange/preview-achievement.ts'
import { formatJson } from '../../service/json.ts'
import { toRpcStatus } from '../status.ts'
import { writeProgress } from './progress.ts'
import { type Choices, readChoice } from './scalars.ts'
import type { Violations } from './violations.ts'

const POLICIES: Choices<LossPolicyOnWire, LossPolicy> = {
  [LossPolicyOnWire.UNSPECIFIED]: 'report',
  [LossPolicyOnWire.REPORT]: 'report',
  [LossPolicyOnWire.REJECT]: 'reject',
}

const STRATEGIES: Choices<ImportStrategy, 'replace' | 'leave_out'> = {
  [ImportStrategy.UNSPECIFIED]: 'replace',
  [ImportStrategy.REPLACE]: 'replace',
  [ImportStrategy.LEAVE_OUT]: 'leave_out',
}

const LOSS_KINDS_ON_WIRE: Readonly<Record<Loss['kind'], LossKind>> = {
  dropped: LossKind.DROPPED,
  coerced: LossKind.COERCED,
  defaulted: LossKind.DEFAULTED,
  merged: LossKind.MERGED,
}

const ENTRY_KINDS_ON_WIRE: Readonly<Record<EntryKind, EntryOutcomeKind>> = {
  new: EntryOutcomeKind.NEW,
  replaced: EntryOutcomeKind.REPLACED,
  unchanged: EntryOutcomeKind.UNCHANGED,
  ignored: EntryOutcomeKind.IGNORED,
  failed: EntryOutcomeKind.FAILED,
}

const PARTS_ON_WIRE: Readonly<Record<Shape['carries'][number], RecordPart>> = {
  definition: RecordPart.DEFINITION,
  progress: RecordPart.PROGRESS,
  summary: RecordPart.SUMMARY,
}

const SEVERITIES_ON_WIRE: Readonly<Record<LintSeverity, LintSeverityOnWire>> = {
  error: LintSeverityOnWire.ERROR,
  warning: LintSeverityOnWire.WARNING,
}

export function readLossPolicy(policy: LossPolicyOnWire, violations: Violations): LossPolicy {
  return readChoice(policy, POLICIES, LossPolicyOnWire, 'loss_policy', violations)
}

export function readStrategy(strategy: ImportStrategy, violations: Violations): 'replace' | 'leave_out' {
  return readChoice(strategy, STRATEGIES, ImportStrategy, 'strategy', violations)
}

export function writeDialect({
  id,
  shapes,
  capabilities,
  bindingIds,
  ...dialect
}: DialectDescription): DialectMessage {
  return {
    ...dialect,
    dialect: id,
    shapes: shapes.map(({ name, description, carries }) => ({
      name,
      description,
      carries: carries.map((part) => PARTS_ON_WIRE[part]),
    })),
    capabilities: new Map(Object.entries(capabilities)),
    bindingIds: new Map(Object.entries(bindingIds)),
  }
}

export function writeLoss({ kind, path, from, to, detail, achievementId = '' }: Loss): LossMessage {
  const values = { fromJson: writeJson(from), toJson: writeJson(to) }
  return { kind: LOSS_KINDS_ON_WIRE[kind], path, ...values, detail, achievementId }
}

export function writeFinding({
  severity,
  achievementId = '',
  value,
  ...finding
}: LintFinding): LintFindingMessage {
  return { ...finding, severity: SEVERITIES_ON_WIRE[severity], achievementId, valueJson: writeJson(value) }
}

export function writeOutcome(outcome: EntryOutcome): EntryOutcomeMessage {
  return {
    path: outcome.path,
    achievementId: outcome.achievementId,
    kind: ENTRY_KINDS_ON_WIRE[outcome.kind],
    error: outcome.error === undefined ? undefined : toRpcStatus(outcome.error),
    possibleDuplicates: [...outcome.possibleDuplicates],
    drift: outcome.drift && writeDrift(outcome.drift),
    changes: outcome.changes.map(writeFieldChange),
  }
}

export function writeFieldChange({ field, from, to }: FieldChange): FieldChangeMessage {
  return { field, fromJson: writeJson(from), toJson: writeJson(to) }
}

export function writePreview({
  dialect,
  definition,
  locked,
  unlocked,
  player,
  findings,
}: DialectPreview): DialectPreviewMessage {
  return {
    dialect,
    definition: writeEntryPreview(definition),
    locked: writeEntryPreview(locked),
    unlocked: writeEntryPreview(unlocked),
    player: player && writeEntryPreview(player),
    findings: findings.map(writeFinding),
  }
}

function writeEntryPreview(preview: EntryPreview): EntryPreviewMessage {
  if ('error' in preview) return { entryJson: '', shape: '', losses: [], error: toRpcStatus(preview.error) }
  const { json, shape, losses } = preview
  return { entryJson: formatJson(json), shape, losses: losses.map(writeLoss), error: undefined }
}

function writeDrift({ key, imported, stored }: NonNullable<EntryOutcome['drift']>): ProgressDrift {
  return { document: writeProgress(key, imported), stored: writeProgress(key, stored) }
}

/** Longer values are truncated, so that a message has room for several losses. */
const MAX_VALUE_LENGTH = 65_536

function writeJson(value: JsonValue | undefined): string {
  if (value === undefined) return ''
  const text = formatJson(value)
  return text.length > MAX_VALUE_LENGTH ? formatJson(`${text.slice(0, 1000).toWellFormed()}…`) : text
}
