import type {
  DocumentSummary,
  EntryOutcome as EntryOutcomeMessage,
  ImportSummary as ImportSummaryMessage,
  Loss as LossMessage,
} from '../../gen/laurel/v1/exchange.ts'
import type { ExportPart, ImportPart } from '../../service/exchange/document-parts.ts'
import { writeLoss, writeOutcome } from './exchange.ts'

/** The response message of Translate, ExportAchievements and ExportProgress. */
export interface DocumentMessage {
  readonly content: Uint8Array
  readonly losses: LossMessage[]
  readonly summary: DocumentSummary | undefined
}

/** The response message of ImportAchievements and ImportProgress. */
export interface ImportMessage {
  readonly outcomes: EntryOutcomeMessage[]
  readonly losses: LossMessage[]
  readonly summary: ImportSummaryMessage | undefined
}

/** Limits of one message, because clients accept 4 MiB: bytes of the document, and characters of each list. */
const MAX_PIECE_BYTES = 2 ** 20
const MAX_GROUP_LENGTH = 2 ** 19

const EMPTY_CONTENT = new Uint8Array()

/** Splits a document's parts into messages that fit a client's limit. */
export async function* writeDocument(parts: AsyncIterable<ExportPart>): AsyncGenerator<DocumentMessage> {
  for await (const { content = EMPTY_CONTENT, losses, summary } of parts) {
    const pieces = piecesOf(content)
    const groups = groupsOf(losses.map(writeLoss), sizeOfLoss)
    const count = Math.max(pieces.length, groups.length, 1)
    for (let index = 0; index < count; index += 1) {
      yield {
        content: pieces[index] ?? EMPTY_CONTENT,
        losses: groups[index] ?? [],
        summary: index === count - 1 ? summary : undefined,
      }
    }
  }
}

/** Splits an import's parts into messages that fit a client's limit. */
export async function* writeImport(parts: AsyncIterable<ImportPart>): AsyncGenerator<ImportMessage> {
  for await (const part of parts) yield* importMessages(part)
}

/** Splits one part; the last message has the summary, if the part has one. */
export function* importMessages({ outcomes, losses, summary }: ImportPart): Generator<ImportMessage> {
  const outcomeGroups = groupsOf(outcomes.map(writeOutcome), sizeOfOutcome)
  const lossGroups = groupsOf(losses.map(writeLoss), sizeOfLoss)
  const count = Math.max(outcomeGroups.length, lossGroups.length, 1)
  for (let index = 0; index < count; index += 1) {
    yield {
      outcomes: outcomeGroups[index] ?? [],
      losses: lossGroups[index] ?? [],
      summary: index === count - 1 ? summary : undefined,
    }
  }
}

function piecesOf(content: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let start = 0; start < content.length; start += MAX_PIECE_BYTES) {
    pieces.push(content.subarray(start, start + MAX_PIECE_BYTES))
  }
  return pieces
}

function groupsOf<Item>(items: readonly Item[], sizeOf: (item: Item) => number): readonly Item[][] {
  const groups: Item[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const item of items) {
    const next = sizeOf(item)
    if (size + next > MAX_GROUP_LENGTH) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(item)
    size += next
  }
  return groups
}

function sizeOfLoss({ path, fromJson, toJson, detail, achievementId }: LossMessage): number {
  return path.length + fromJson.length + toJson.length + detail.length + achievementId.length
}

/** Counts 8 KiB for an error, the limit of an error's details. */
function sizeOfOutcome({ path, achievementId, error, possibleDuplicates }: EntryOutcomeMessage): number {
  return (
    path.length + achievementId.length + possibleDuplicates.join().length + (error === undefined ? 0 : 8192)
  )
}
