import type {
  DocumentSummary,
  EntryOutcome as EntryOutcomeMessage,
  ImportSummary as ImportSummaryMessage,
  Loss as LossMessage,
} from '../../gen/laurel/v1/exchange.ts'
import type { ExportPart, ImportPart } from '../../service/exchange/document-parts.ts'
import { writeLoss, writeOutcome } from './exchange.ts'

/** A message of a written document: of Translate, ExportAchievements and ExportProgress alike. */
export interface DocumentMessage {
  readonly content: Uint8Array
  readonly losses: LossMessage[]
  readonly summary: DocumentSummary | undefined
}

/** A message of an import's result: of ImportAchievements and ImportProgress alike. */
export interface ImportMessage {
  readonly outcomes: EntryOutcomeMessage[]
  readonly losses: LossMessage[]
  readonly summary: ImportSummaryMessage | undefined
}

/** So many bytes of a document go into one message, and so many characters of a list: clients receive 4 MiB. */
const LARGEST_PIECE = 2 ** 20
const LARGEST_GROUP = 2 ** 19

const NOTHING = new Uint8Array()

/** The messages of a document's parts, none larger than a client takes. */
export async function* writeDocument(parts: AsyncIterable<ExportPart>): AsyncGenerator<DocumentMessage> {
  for await (const { content = NOTHING, losses, summary } of parts) {
    const pieces = piecesOf(content)
    const groups = groupsOf(losses.map(writeLoss), sizeOfLoss)
    const count = Math.max(pieces.length, groups.length, 1)
    for (let index = 0; index < count; index += 1) {
      yield {
        content: pieces[index] ?? NOTHING,
        losses: groups[index] ?? [],
        summary: index === count - 1 ? summary : undefined,
      }
    }
  }
}

/** The messages of an import's parts, none larger than a client takes. */
export async function* writeImport(parts: AsyncIterable<ImportPart>): AsyncGenerator<ImportMessage> {
  for await (const { outcomes, losses, summary } of parts) {
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
}

function piecesOf(content: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let start = 0; start < content.length; start += LARGEST_PIECE) {
    pieces.push(content.subarray(start, start + LARGEST_PIECE))
  }
  return pieces
}

function groupsOf<Item>(items: readonly Item[], sizeOf: (item: Item) => number): readonly Item[][] {
  const groups: Item[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const item of items) {
    const next = sizeOf(item)
    if (size + next > LARGEST_GROUP) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(item)
    size += next
  }
  return groups
}

function sizeOfLoss({ path, fromJson, toJson, detail }: LossMessage): number {
  return path.length + fromJson.length + toJson.length + detail.length
}

/** An error is bounded by what fits into headers. */
function sizeOfOutcome({ path, achievementId, error, possibleDuplicates }: EntryOutcomeMessage): number {
  return (
    path.length + achievementId.length + possibleDuplicates.join().length + (error === undefined ? 0 : 8192)
  )
}
