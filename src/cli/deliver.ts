import type { Loss } from '../dialect/losses.ts'
import { formatJson } from '../model/exact-json.ts'
import { openOutput } from './document.ts'
import { Failure } from './failure.ts'
import { LossTally } from './losses.ts'
import { count, print } from './report.ts'

/** A piece of a document, and what was lost on its way. */
export interface Part {
  readonly content?: Uint8Array
  readonly losses: readonly Loss[]
  /** In the last part only. */
  readonly summary?: { readonly entryCount: number; readonly lossCount: number }
}

export interface Delivery {
  /** The file to write; undefined for standard output. */
  readonly out: string | undefined
  /** Whether summary and losses are written as JSON. */
  readonly json: boolean
}

/** Writes a document where it is wanted, and what was lost to standard error. */
export async function deliver(parts: AsyncIterable<Part>, { out, json }: Delivery): Promise<void> {
  const tally = new LossTally(json)
  let summary: Part['summary']
  await using output = await openOutput(out)
  for await (const part of parts) {
    if (part.content !== undefined) await output.write(part.content)
    tally.add(part.losses)
    summary = part.summary
  }
  if (summary === undefined) throw new Failure(['the document was cut short: try again'])
  await output.finish()
  const { entryCount, lossCount } = summary
  if (json) print([formatJson({ summary: { entryCount, lossCount }, losses: tally.json() })], process.stderr)
  else if (out !== undefined)
    print([`wrote ${count(entryCount, 'entry', 'entries')} to ${out}`], process.stderr)
  if (!json) print(tally.lines(), process.stderr)
}
