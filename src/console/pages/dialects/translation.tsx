import type { DialectJson } from '../../../clients/typescript/gen/laurel/v1/exchange_pb.js'
import { here, setQuery } from '../../router.ts'
import { featureName, featuresOf } from './features.ts'
import { lossesBetween } from './losses.ts'

/** The losses of a record of one dialect when another one writes it. */
export function Translation({ dialects }: { dialects: readonly DialectJson[] }) {
  const { query } = here.value
  const find = (name: string, otherwise: number) =>
    dialects.find(({ dialect }) => dialect === query.get(name)) ?? dialects[otherwise] ?? dialects[0] ?? {}
  const [from, to] = [find('from', 0), find('to', 1)]
  const losses = lossesBetween(from, to, featuresOf(dialects))
  return (
    <section class="panel">
      <header class="panel-header">
        <h2>Losses between two dialects</h2>
        <div class="actions">
          <Choice label="From" name="from" value={from} dialects={dialects} />
          <Choice label="To" name="to" value={to} dialects={dialects} />
        </div>
      </header>
      <dl class="facts panel-body">
        <Features title="Dropped" features={losses.dropped} />
        <Features title="Changed" features={losses.changed} />
        <Features title="Kept" features={losses.unchanged} />
      </dl>
    </section>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly name: string
  readonly value: DialectJson
  readonly dialects: readonly DialectJson[]
}

function Choice({ label, name, value, dialects }: ChoiceProps) {
  return (
    <label class="check">
      <span class="label">{label}</span>
      <select
        value={value.dialect}
        onChange={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}
      >
        {dialects.map(({ dialect, displayName }) => (
          <option key={dialect} value={dialect}>
            {displayName}
          </option>
        ))}
      </select>
    </label>
  )
}

function Features({ title, features }: { title: string; features: readonly string[] }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>
        {features.length === 0 ? <span class="muted">nothing</span> : features.map(featureName).join(', ')}
      </dd>
    </>
  )
}
