import { useRef, useState } from 'preact/hooks'
import type { AuditEntryJson } from '../../../clients/typescript/gen/laurel/v1/audit_pb.js'
import type { ListAuditEntriesRequestJson } from '../../../clients/typescript/gen/laurel/v1/audit_service_pb.js'
import { allPages, api } from '../../api.ts'
import { download } from '../../parts/download.ts'
import { Failure } from '../../parts/failure.tsx'
import { plural } from '../../parts/format.ts'
import { Progress } from '../../parts/progress.tsx'
import { CSV_HEADER, csvOf } from './csv.ts'

const FORMATS = {
  csv: { label: 'CSV', type: 'text/csv', header: CSV_HEADER, lineOf: csvOf },
  jsonl: {
    label: 'JSON lines',
    type: 'application/jsonl',
    header: '',
    lineOf: (entry: AuditEntryJson) => `${JSON.stringify(entry)}\n`,
  },
} as const

type Format = keyof typeof FORMATS

/** Downloads all entries that match, not only those on the page. */
export function Download({ request }: { request: ListAuditEntriesRequestJson }) {
  const [count, setCount] = useState<number>()
  const [error, setError] = useState<unknown>()
  const controller = useRef(new AbortController())
  const start = async (format: Format) => {
    controller.current = new AbortController()
    const { signal } = controller.current
    setError(undefined)
    setCount(0)
    try {
      const { header, lineOf, type } = FORMATS[format]
      const parts: string[] = [header]
      const list = (pageToken: string) =>
        api.audit.listAuditEntries({ ...request, pageSize: 1000, pageToken }, signal)
      let total = 0
      for await (const { auditEntries = [] } of allPages(list)) {
        parts.push(auditEntries.map(lineOf).join(''))
        total += auditEntries.length
        setCount(total)
      }
      download(`audit.${format}`, new Blob(parts, { type }))
    } catch (thrown) {
      if (!signal.aborted) setError(thrown)
    } finally {
      setCount(undefined)
    }
  }
  if (count !== undefined) {
    return (
      <Progress
        label={`${plural(count, 'entry', 'entries')} so far`}
        onCancel={() => controller.current.abort()}
      />
    )
  }
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      {Object.entries(FORMATS).map(([format, { label }]) => (
        <button type="button" key={format} onClick={() => void start(format as Format)}>
          Download {label}
        </button>
      ))}
    </>
  )
}
