import { readProcessClientConfig } from '../../config.ts'
import { ExchangeServiceClient, ImportRecordsRequest } from '../../gen/laurel/v1/exchange_service.ts'
import { callDuplex, connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { startCountMeter } from '../meter.ts'
import { openFile } from '../migrate/sources/open-sources.ts'
import { count, print } from '../terminal.ts'

/** Imports an export. Lines of earlier calls are skipped. */
export async function runImport(file: string, signal: AbortSignal): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const source = await openFile(file, stack)
  using client = await connect(ExchangeServiceClient, readProcessClientConfig())
  let imported = 0
  let done = false
  {
    using meter = startCountMeter('line')
    async function* requests() {
      for await (const piece of source.open(0, signal, ''))
        yield ImportRecordsRequest.fromPartial({ content: Buffer.from(piece) })
    }
    for await (const part of callDuplex(() => client.importRecords(), requests(), signal)) {
      imported = Number(part.lineCount)
      done = part.done
      meter.update(imported)
    }
  }
  if (!done) throw new Failure(['the response was cut short: run the command again to go on'])
  print([`imported ${count(imported, 'line')}`])
}
