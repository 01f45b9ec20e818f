import type { DialectJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { api } from '../../api.ts'
import { Chip, type ChipKind } from '../../parts/chip.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Page } from '../../parts/page.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { featureName, featuresOf } from './features.ts'
import { Translation } from './translation.tsx'

/** The features of each dialect, and the losses from one to another. */
export function Dialects() {
  const {
    data: dialects = [],
    error,
    reload,
  } = useQuery(async (signal) => (await api.exchange.listDialects({}, signal)).dialects ?? [], [])
  return (
    <Page
      title="Dialects"
      about="What each platform’s format can represent of an achievement and of progress"
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {dialects.length > 0 && (
        <>
          <Translation dialects={dialects} />
          <h2>Capabilities</h2>
          <Matrix dialects={dialects} />
          <h2>Documents and services</h2>
          <Services dialects={dialects} />
        </>
      )}
    </Page>
  )
}

/** How much of a feature a dialect can represent. */
const CAPABILITIES: Readonly<Record<string, { readonly label: string; readonly kind: ChipKind }>> = {
  full: { label: 'Full', kind: 'good' },
  lossy: { label: 'Lossy', kind: 'warning' },
  none: { label: 'None', kind: 'neutral' },
}

function Matrix({ dialects }: { dialects: readonly DialectJson[] }) {
  return (
    <TableFrame label="Capabilities" class="matrix">
      <table>
        <thead>
          <tr>
            <th scope="col">Feature</th>
            {dialects.map(({ dialect, displayName }) => (
              <th scope="col" key={dialect}>
                {displayName}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {featuresOf(dialects).map((feature) => (
            <tr key={feature}>
              <th scope="row">{featureName(feature)}</th>
              {dialects.map(({ dialect, capabilities = {} }) => (
                <td key={dialect}>
                  <CapabilityChip capability={capabilities[feature]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

function CapabilityChip({ capability = 'none' }: { capability: string | undefined }) {
  const { label, kind } = CAPABILITIES[capability] ?? { label: capability, kind: 'neutral' }
  return kind === 'neutral' ? <span class="muted">{label}</span> : <Chip kind={kind}>{label}</Chip>
}

function Services({ dialects }: { dialects: readonly DialectJson[] }) {
  const yes = (has: boolean | undefined) => (has ? 'Yes' : <span class="muted">No</span>)
  return (
    <TableFrame label="Documents and services">
      <table>
        <thead>
          <tr>
            <th scope="col">Dialect</th>
            <th scope="col">Shapes of documents</th>
            <th scope="col">Delivery of events</th>
            <th scope="col">Pull from the platform</th>
            <th scope="col">Rules of the store</th>
          </tr>
        </thead>
        <tbody>
          {dialects.map(({ dialect, displayName, shapes = [], bridge, source, lint }) => (
            <tr key={dialect}>
              <th scope="row">{displayName}</th>
              <td>
                <ul>
                  {shapes.map(({ name, description }) => (
                    <li key={name}>
                      <code>{name}</code> <span class="muted">{description}</span>
                    </li>
                  ))}
                </ul>
              </td>
              <td>{yes(bridge)}</td>
              <td>{yes(source)}</td>
              <td>{yes(lint)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}
