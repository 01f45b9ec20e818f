import { useState } from 'preact/hooks'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type { EventKindJson } from '../../../clients/typescript/gen/laurel/v1/event_pb.js'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import { dialectName } from '../../dialects.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Field } from '../../parts/field.tsx'
import { toast } from '../../parts/toast.tsx'
import { useAction } from '../../parts/use-action.ts'
import { useQuery } from '../../parts/use-query.ts'
import { WEBHOOK } from '../../records/destination.ts'
import { EVENT_KINDS } from '../../records/event.ts'
import { navigate, pathTo } from '../../router.ts'

/** Creates a destination, and opens it. */
export function CreateDestination({ titleId, onClose }: { titleId: string; onClose: () => void }) {
  const create = async (destination: DestinationJson, fromOldest: boolean) => {
    await api.destinations.createDestination({ destination: { ...destination, titleId }, fromOldest })
    navigate(pathTo('titles', titleId, 'destinations', destination.destinationId ?? ''))
  }
  return <DestinationForm action="Create" titleId={titleId} onSubmit={create} onClose={onClose} />
}

interface EditDestinationProps {
  readonly destination: DestinationJson
  readonly onSaved: () => void
  readonly onClose: () => void
}

/** Changes a destination, unless it has changed on the server since the form was opened. */
export function EditDestination({ destination: current, onSaved, onClose }: EditDestinationProps) {
  // The page loads it again while the form is open, and the etag of a version that the form does not show would overwrite that version.
  const [destination] = useState(current)
  const { titleId = '', destinationId = '', etag = '' } = destination
  const save = async (changed: DestinationJson) => {
    await api.destinations.updateDestination({
      destination: { ...changed, titleId, destinationId, etag },
      updateMask: 'displayName,url,credential,filter,limits',
    })
    toast('The destination is saved.')
    onSaved()
    onClose()
  }
  return (
    <DestinationForm action="Save" titleId={titleId} stored={destination} onSubmit={save} onClose={onClose} />
  )
}

interface DestinationFormProps {
  readonly titleId: string
  readonly action: 'Create' | 'Save'
  readonly stored?: DestinationJson
  readonly onSubmit: (destination: DestinationJson, fromOldest: boolean) => Promise<void>
  readonly onClose: () => void
}

function DestinationForm({ action, titleId, stored, onSubmit, onClose }: DestinationFormProps) {
  const [dialect, setDialect] = useState(stored?.dialect ?? '')
  const { error, isRunning, run } = useAction()
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    void run(() => onSubmit({ ...destinationOf(form, stored), dialect }, form.get('from_oldest') !== null))
  }
  const problemOf = (field: string) =>
    error instanceof ApiError
      ? error.violations.find((violation) => violation.field === `destination.${field}`)?.message
      : undefined
  return (
    <Dialog title={stored === undefined ? 'New destination' : 'Edit the destination'} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        {stored === undefined && (
          <>
            <DialectField
              titleId={titleId}
              value={dialect}
              problem={problemOf('dialect')}
              onChange={setDialect}
            />
            <Field label="Id" help="It cannot be changed." problem={problemOf('destination_id')}>
              {(attributes) => (
                <input
                  {...attributes}
                  name="destination_id"
                  required
                  maxLength={128}
                  autocomplete="off"
                  dir="auto"
                />
              )}
            </Field>
          </>
        )}
        <Field label="Name" problem={problemOf('display_name')}>
          {(attributes) => (
            <input
              {...attributes}
              name="display_name"
              defaultValue={stored?.displayName ?? ''}
              maxLength={4096}
              dir="auto"
            />
          )}
        </Field>
        <Field
          label="URL"
          help={
            dialect === WEBHOOK
              ? 'The exact URL that events are posted to.'
              : 'The base URL of the platform’s API.'
          }
          problem={problemOf('url')}
        >
          {(attributes) => (
            <input
              {...attributes}
              name="url"
              type="url"
              defaultValue={stored?.url ?? ''}
              required
              maxLength={4096}
            />
          )}
        </Field>
        <Field
          label="Credential"
          help="A reference to it on the server, never the secret itself: env:LAUREL_CREDENTIAL_NAME or file:NAME."
          problem={problemOf('credential')}
        >
          {(attributes) => (
            <input
              {...attributes}
              name="credential"
              defaultValue={stored?.credential ?? ''}
              required={dialect === WEBHOOK}
              pattern="(env|file):.+"
              title="env:LAUREL_CREDENTIAL_NAME or file:NAME"
              placeholder="env:LAUREL_CREDENTIAL_"
              autocomplete="off"
              maxLength={4096}
            />
          )}
        </Field>
        <details>
          <summary>Events and limits</summary>
          <div class="stack">
            <Kinds stored={stored} />
            <Limits stored={stored} problemOf={problemOf} />
          </div>
        </details>
        {stored === undefined && (
          <label class="check">
            <input type="checkbox" name="from_oldest" />
            Deliver the events that are kept first
          </label>
        )}
        {error !== undefined && <Failure error={error} />}
        <div class="actions">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isRunning}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface DialectFieldProps {
  readonly titleId: string
  readonly value: string
  readonly problem: string | undefined
  readonly onChange: (dialect: string) => void
}

/** The platforms that the server can deliver to, and a webhook. */
function DialectField({ titleId, value, problem, onChange }: DialectFieldProps) {
  const { data: dialects = [] } = useQuery(
    async (signal) => (await api.exchange.listDialects({}, signal)).dialects ?? [],
    [],
  )
  return (
    <Field
      label="Platform"
      problem={problem}
      notes={value !== '' && value !== WEBHOOK && <Unbound titleId={titleId} dialect={value} />}
    >
      {(attributes) => (
        <select
          {...attributes}
          required
          value={value}
          onChange={({ currentTarget }) => onChange(currentTarget.value)}
        >
          <option value="">Choose one</option>
          <option value={WEBHOOK}>Webhook: your own service</option>
          {dialects
            .filter(({ bridge }) => bridge)
            .map(({ dialect, displayName }) => (
              <option key={dialect} value={dialect}>
                {displayName}
              </option>
            ))}
        </select>
      )}
    </Field>
  )
}

/** The advice for a platform at which the title has no ids. */
function Unbound({ titleId, dialect }: { titleId: string; dialect: string }) {
  const { data } = useQuery(
    async (signal) => (await api.titles.getTitle({ titleId }, signal)).title?.bindings ?? {},
    [titleId],
  )
  if (data === undefined || dialect in data) return null
  return (
    <p class="problem">
      The title has no ids at {dialectName(dialect)}. Enter them in its{' '}
      <a href={pathTo('titles', titleId, 'settings')}>settings</a> first.
    </p>
  )
}

function Kinds({ stored }: { stored: DestinationJson | undefined }) {
  const kinds = stored?.filter?.kinds ?? []
  return (
    <fieldset>
      <legend>Only these events</legend>
      <p class="help">None: a webhook gets all, a platform the progress and the unlocks.</p>
      <div class="kinds">
        {Object.entries(EVENT_KINDS).map(([kind, { label }]) => (
          <label class="check" key={kind}>
            <input
              type="checkbox"
              name="kinds"
              value={kind}
              defaultChecked={kinds.includes(kind as EventKindJson)}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  )
}

interface LimitsProps {
  readonly stored: DestinationJson | undefined
  readonly problemOf: (field: string) => string | undefined
}

function Limits({ stored, problemOf }: LimitsProps) {
  const limits = stored?.limits ?? {}
  const number = (name: string, label: string, value: number | string | undefined, step: string) => (
    <Field label={label} problem={problemOf(`limits.${name}`)}>
      {(attributes) => (
        <input
          {...attributes}
          name={name}
          type="number"
          min={0}
          step={step}
          defaultValue={String(value ?? '')}
        />
      )}
    </Field>
  )
  return (
    <fieldset>
      <legend>Limits</legend>
      <p class="help">Empty: 10 requests a second, 8 at a time, 12 attempts, 10 seconds each.</p>
      <div class="limits">
        {number('requests_per_second', 'Requests a second', limits.requestsPerSecond, 'any')}
        {number('max_in_flight', 'Requests at a time', limits.maxInFlight, '1')}
        {number('max_attempts', 'Attempts', limits.maxAttempts, '1')}
        {number('timeout', 'Timeout in seconds', limits.timeout?.replace(/s$/, ''), 'any')}
      </div>
    </fieldset>
  )
}

/** Returns what the form has; the selected achievements and players are kept as they are stored. */
function destinationOf(form: FormData, stored: DestinationJson | undefined): DestinationJson {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const timeout = text('timeout')
  return {
    ...(form.has('destination_id') && { destinationId: text('destination_id') }),
    displayName: text('display_name'),
    url: text('url'),
    credential: text('credential'),
    filter: { ...stored?.filter, kinds: form.getAll('kinds') as EventKindJson[] },
    limits: {
      requestsPerSecond: Number(text('requests_per_second')),
      maxInFlight: Number(text('max_in_flight')),
      maxAttempts: Number(text('max_attempts')),
      ...(timeout !== '' && { timeout: `${timeout}s` }),
    },
  }
}
