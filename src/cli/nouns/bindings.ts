import type { Command } from 'commander'
import { readProcessClientConfig } from '../../config.ts'
import { TitleServiceClient } from '../../gen/laurel/v1/title_service.ts'
import { callUnary, connect, SERVER_HELP } from '../client.ts'
import { explain, Failure } from '../failure.ts'
import { untilInterrupted } from '../interrupt.ts'
import { methodNamed } from '../rpc.ts'
import { type OutputOptions, recordsOf } from './output.ts'
import { parametersOf } from './parameters.ts'
import type { Verb } from './rows.ts'
import { runVerb } from './run.ts'

/** Undefined removes the binding. */
type Ids = Readonly<Record<string, string>> | undefined

/**
 * Adds the commands that change one binding of a title. They read the others first, because an update replaces all of them.
 * @param update the command that writes a title
 */
export function addBindings(titles: Command, update: Verb): void {
  const command = (name: string, description: string) =>
    titles
      .command(name)
      .description(description)
      .argument('<title>', 'the title')
      .argument('<dialect>', 'the dialect')
      .option('--json', 'print JSON')
      .addHelpText('after', SERVER_HELP)
  const set = (title: string, dialect: string, ids: Ids, output: OutputOptions) =>
    untilInterrupted((signal) => setBinding(update, [title, dialect, ids], output, signal))
  command('bind', 'Sets the ids of a title in a dialect, and replaces those that it had there.')
    .argument('<name=value...>', 'the ids by their names: namespace=lanternfall')
    .action((title, dialect, pairs, output) => set(title, dialect, parseIds(pairs), output))
  command('unbind', 'Removes the ids of a title in a dialect.').action((title, dialect, output) =>
    set(title, dialect, undefined, output),
  )
}

function parseIds(pairs: readonly string[]): Ids {
  const entries = pairs.map((pair) => {
    const separator = pair.indexOf('=')
    if (separator > 0) return [pair.slice(0, separator), pair.slice(separator + 1)] as const
    throw new Failure([`${JSON.stringify(pair)} must be name=value`])
  })
  return Object.fromEntries(entries)
}

async function setBinding(
  update: Verb,
  [titleId, dialect, ids]: readonly [string, string, Ids],
  output: OutputOptions,
  signal: AbortSignal,
): Promise<void> {
  const { bindings, etag } = await getTitle(titleId, signal)
  const changed = new Map(
    [...bindings].map(([dialect, { ids }]) => [dialect, Object.fromEntries(ids)] as const),
  )
  if (ids === undefined) changed.delete(dialect)
  else changed.set(dialect, ids)
  const title = {
    title_id: titleId,
    // A change by another caller since the read would be lost: with the etag the update fails.
    etag,
    bindings: Object.fromEntries([...changed].map(([dialect, ids]) => [dialect, { ids }])),
  }
  const method = methodNamed(update.rpc)
  const [parameters, records] = [parametersOf(method, update), recordsOf(method, undefined)]
  await runVerb({ method, parameters, records, request: { title, update_mask: 'bindings' }, output }, signal)
}

async function getTitle(titleId: string, signal: AbortSignal) {
  try {
    using client = await connect(TitleServiceClient, readProcessClientConfig())
    const { title } = await callUnary(client, client.getTitle, { titleId }, signal)
    return { bindings: title?.bindings ?? new Map(), etag: title?.etag ?? '' }
  } catch (error) {
    throw signal.aborted ? error : new Failure(explain(error, { title_id: '<title>' }), error)
  }
}
