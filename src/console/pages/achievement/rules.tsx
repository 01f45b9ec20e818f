import { useState } from 'preact/hooks'
import type {
  AchievementJson,
  RequirementJson,
} from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { Field } from '../../parts/field.tsx'
import { LIFECYCLES, type LifecycleName, lifecycleOf, lifecycleOnWire } from '../../records/achievement.ts'
import { useEditor } from './editor-context.ts'
import { fieldId } from './field-path.ts'
import { Findings } from './findings.tsx'

/** The conditions, the time and the people of an unlock. */
export function Rules() {
  const { draft, set, problemOf } = useEditor()
  return (
    <section class="panel" aria-labelledby="rules-heading">
      <header class="panel-header">
        <h2 id="rules-heading">Rules</h2>
      </header>
      <div class="panel-body stack">
        <div class="columns">
          <div id={fieldId('lifecycle')}>
            <Field label="Lifecycle" problem={problemOf('lifecycle')} notes={<Findings field="lifecycle" />}>
              {(attributes) => (
                <select
                  {...attributes}
                  value={lifecycleOf(draft)}
                  onChange={({ currentTarget }) =>
                    set({ lifecycle: lifecycleOnWire(currentTarget.value as LifecycleName) })
                  }
                >
                  {Object.entries(LIFECYCLES).map(([name, text]) => (
                    <option key={name} value={name}>
                      {text}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          </div>
          <Choice
            field="kind"
            label="Kind"
            value={draft.kind}
            options={{
              ACHIEVEMENT_KIND_PERSISTENT: 'At any time',
              ACHIEVEMENT_KIND_CHALLENGE: 'In a window',
            }}
          />
          <Choice
            field="participation"
            label="Earned by"
            value={draft.participation}
            options={{
              PARTICIPATION_INDIVIDUAL: 'One player',
              PARTICIPATION_GROUP: 'A group',
              PARTICIPATION_COMMUNITY: 'All players together',
            }}
          />
        </div>
        <div class="columns">
          <Switch field="hidden" label="Hidden until it is unlocked" isSet={draft.hidden} />
          <Switch field="serverOnly" label="Reported by servers only" isSet={draft.serverOnly} />
        </div>
        {draft.kind === 'ACHIEVEMENT_KIND_CHALLENGE' && <Window />}
        <Requirements />
      </div>
    </section>
  )
}

interface ChoiceProps {
  readonly field: 'kind' | 'participation'
  readonly label: string
  readonly value: string | undefined
  readonly options: Readonly<Record<string, string>>
}

function Choice({ field, label, value, options }: ChoiceProps) {
  const { set, problemOf } = useEditor()
  return (
    <div id={fieldId(field)}>
      <Field label={label} problem={problemOf(field)} notes={<Findings field={field} />}>
        {(attributes) => (
          <select
            {...attributes}
            value={value ?? Object.keys(options)[0]}
            onChange={({ currentTarget }) => set({ [field]: currentTarget.value as AchievementJson['kind'] })}
          >
            {Object.entries(options).map(([name, text]) => (
              <option key={name} value={name}>
                {text}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  )
}

function Switch({
  field,
  label,
  isSet = false,
}: {
  field: 'hidden' | 'serverOnly'
  label: string
  isSet?: boolean | undefined
}) {
  const { set } = useEditor()
  const path = field === 'serverOnly' ? 'server_only' : field
  return (
    <div id={fieldId(path)}>
      <label class="check">
        <input
          type="checkbox"
          checked={isSet}
          onChange={({ currentTarget }) => set({ [field]: currentTarget.checked })}
        />
        {label}
      </label>
      <Findings field={path} />
    </div>
  )
}

/** The times are in UTC, as they are stored: a challenge begins at one instant everywhere. */
function Window() {
  const { draft, set, problemOf } = useEditor()
  const { window = {} } = draft
  const input = (name: 'startTime' | 'endTime', label: string) => (
    <Field
      label={`${label} (UTC)`}
      problem={problemOf(name === 'startTime' ? 'window.start_time' : 'window.end_time')}
    >
      {(attributes) => (
        <input
          {...attributes}
          type="datetime-local"
          step="1"
          value={window[name]?.slice(0, 19) ?? ''}
          onInput={({ currentTarget: { value } }) =>
            set({
              window: {
                ...window,
                [name]: value === '' ? undefined : `${withSeconds(value)}Z`,
              } as typeof window,
            })
          }
        />
      )}
    </Field>
  )
  return (
    <div id={fieldId('window')}>
      <div class="columns">
        {input('startTime', 'Starts')}
        {input('endTime', 'Ends')}
      </div>
      <Findings field="window" />
    </div>
  )
}

/** A browser leaves out seconds of zero. */
function withSeconds(value: string): string {
  return value.length === 16 ? `${value}:00` : value
}

function Requirements() {
  const { draft, set, problemOf } = useEditor()
  const { requirements = [] } = draft
  const change = (index: number, changes: Partial<RequirementJson>) =>
    set({ requirements: requirements.map((each, at) => (at === index ? { ...each, ...changes } : each)) })
  const add = () => {
    const taken = new Set(requirements.map(({ requirementId }) => requirementId))
    let number = requirements.length
    while (taken.has(number === 0 ? 'goal' : `goal-${number + 1}`)) number += 1
    const requirementId = number === 0 ? 'goal' : `goal-${number + 1}`
    set({ requirements: [...requirements, { requirementId, target: { integer: '1' } }] })
  }
  return (
    <fieldset id={fieldId('requirements')} class="stack">
      <legend>Requirements</legend>
      {requirements.length === 0 && (
        <p class="muted">None: it is unlocked directly, or reported in percent.</p>
      )}
      {requirements.map((requirement, index) => (
        <div class="list-row" id={fieldId(`requirements[${index}]`)} key={index}>
          <input
            aria-label="Requirement id"
            title="Id"
            value={requirement.requirementId}
            onInput={({ currentTarget }) => change(index, { requirementId: currentTarget.value })}
          />
          <input
            aria-label="Stat code"
            placeholder="stat, or empty"
            value={requirement.statCode ?? ''}
            onInput={({ currentTarget }) => change(index, { statCode: currentTarget.value })}
          />
          <select
            aria-label="Operator"
            value={requirement.operator ?? 'REQUIREMENT_OPERATOR_AT_LEAST'}
            onChange={({ currentTarget }) =>
              change(index, { operator: currentTarget.value as NonNullable<RequirementJson['operator']> })
            }
          >
            <option value="REQUIREMENT_OPERATOR_AT_LEAST">at least</option>
            <option value="REQUIREMENT_OPERATOR_AT_MOST">at most</option>
          </select>
          <TargetInput
            target={requirement.target}
            problem={problemOf(`requirements[${index}].target`)}
            onChange={(target) => change(index, { target })}
          />
          <button
            type="button"
            class="quiet"
            aria-label={`Remove ${requirement.requirementId}`}
            onClick={() => set({ requirements: requirements.filter((_, at) => at !== index) })}
          >
            ✕
          </button>
        </div>
      ))}
      {problemOf('requirements') !== undefined && <p class="problem">{problemOf('requirements')}</p>}
      <Findings field="requirements" />
      <div>
        <button type="button" onClick={add}>
          Add requirement
        </button>
      </div>
    </fieldset>
  )
}

type Target = NonNullable<RequirementJson['target']>

interface TargetInputProps {
  readonly target: Target | undefined
  readonly problem: string | undefined
  readonly onChange: (target: Target) => void
}

/** A whole number stays an integer of 64 bits; a requirement that counts in doubles keeps counting in them. */
function TargetInput({ target, problem, onChange }: TargetInputProps) {
  const [typed, setTyped] = useState('')
  const isDouble = target?.double !== undefined
  const quantityOf = (text: string): Target =>
    /^-?\d+$/.test(text.trim()) && !isDouble ? { integer: text.trim() } : { double: Number(text) }
  const textOf = (quantity: Target | undefined) => String(quantity?.integer ?? quantity?.double ?? '')
  const isTyped = typed !== '' && textOf(quantityOf(typed)) === textOf(target)
  return (
    <input
      aria-label="Target"
      aria-invalid={problem === undefined ? undefined : true}
      inputMode="decimal"
      value={isTyped ? typed : textOf(target)}
      onInput={({ currentTarget: { value } }) => {
        setTyped(value)
        onChange(quantityOf(value))
      }}
    />
  )
}
