import { parse } from 'csv-parse/sync'
import { inputRefused } from '../../formats/first-bytes.ts'
import { FieldCollector, MAX_SAMPLE_RECORDS, type Sample } from './sample.ts'

const MAX_SHOWN_COLUMNS = 12

/** Reads rows below a header. @throws LaurelError for a text without columns */
export function sampleTable(text: string): Sample {
  const [header = ''] = text.split('\n', 1)
  const delimiter = delimiterOf(header)
  if (delimiter === undefined)
    throw inputRefused(
      'the format is not recognised: the first line is neither JSON nor a header with commas, semicolons or tabs. ' +
        'Name the columns in the first line, or give a mapping',
    )
  const [columns = [], ...rows] = parse(text, {
    delimiter,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    to: MAX_SAMPLE_RECORDS + 1,
  }) as unknown as readonly (readonly string[])[]
  const collector = new FieldCollector()
  for (const row of rows) {
    if (row.length !== columns.length) continue
    collector.next()
    for (const [index, name] of columns.entries()) collector.add(name.trim(), row[index] ?? '')
  }
  if (collector.count === 0)
    throw inputRefused('the input has a header and no rows: no mapping can be proposed')
  const shown = columns.slice(0, MAX_SHOWN_COLUMNS).map((name) => name.trim())
  const more = columns.length > shown.length ? ', …' : ''
  return {
    format: delimiter === '\t' ? 'tsv' : 'csv',
    dialect: undefined,
    records: '',
    content: undefined,
    fields: collector.fields,
    reason: `format: a table with the columns ${shown.join(', ')}${more}, separated by ${NAMES[delimiter]}`,
  }
}

const NAMES = { '\t': 'tabs', ',': 'commas', ';': 'semicolons' } as const

/** As the reader of tables takes them. */
function delimiterOf(header: string): keyof typeof NAMES | undefined {
  const names = header.replace(/"[^"]*"/g, '')
  return (['\t', ',', ';'] as const).find((delimiter) => names.includes(delimiter))
}
