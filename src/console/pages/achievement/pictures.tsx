import type {
  MediaAssetJson,
  MediaRoleJson,
} from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { IconPicker } from '../../parts/icon-picker.tsx'
import { useEditor } from './editor-context.ts'
import { fieldId } from './field-path.ts'
import { Findings } from './findings.tsx'

const ICONS: readonly (readonly [role: MediaRoleJson, label: string])[] = [
  ['MEDIA_ROLE_LOCKED_ICON', 'Locked icon'],
  ['MEDIA_ROLE_UNLOCKED_ICON', 'Unlocked icon'],
  ['MEDIA_ROLE_ICON', 'Icon of both states'],
]

const ROLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(ICONS),
  MEDIA_ROLE_ART: 'Art',
  MEDIA_ROLE_OTHER: 'Other',
}

/** The pictures of an achievement: the icons, which are uploaded, and any others by their address. */
export function Pictures() {
  const { draft, set, titleId, problemOf } = useEditor()
  const { media = [] } = draft
  const firstOf = (role: MediaRoleJson) => media.findIndex((asset) => asset.role === role)
  const setIcon = (role: MediaRoleJson, picture: MediaAssetJson | undefined) => {
    const index = firstOf(role)
    const others = media.filter((_, at) => at !== index)
    if (picture === undefined) return set({ media: others })
    const asset = { role, ...picture }
    return set({
      media: index < 0 ? [...media, asset] : media.map((each, at) => (at === index ? asset : each)),
    })
  }
  const change = (index: number, changes: MediaAssetJson) =>
    set({ media: media.map((each, at) => (at === index ? { ...each, ...changes } : each)) })
  const others = media.flatMap((asset, index) =>
    ICONS.some(([role]) => firstOf(role) === index) ? [] : [[asset, index] as const],
  )
  return (
    <section class="panel" aria-labelledby="pictures-heading">
      <header class="panel-header">
        <h2 id="pictures-heading">Pictures</h2>
      </header>
      <div class="panel-body stack" id={fieldId('media')}>
        <div class="columns">
          {ICONS.map(([role, label]) => (
            <div key={role} id={fieldId(`media[${firstOf(role)}]`)}>
              <IconPicker
                titleId={titleId}
                label={label}
                url={media[firstOf(role)]?.url || media[firstOf(role)]?.name}
                onChange={(picture) => setIcon(role, picture)}
              />
            </div>
          ))}
        </div>
        {others.map(([asset, index]) => (
          <div class="list-row" key={index} id={fieldId(`media[${index}]`)}>
            <select
              aria-label="Role"
              value={asset.role}
              onChange={({ currentTarget }) => change(index, { role: currentTarget.value as MediaRoleJson })}
            >
              {Object.entries(ROLES).map(([role, label]) => (
                <option key={role} value={role}>
                  {label}
                </option>
              ))}
            </select>
            <input
              aria-label="Name of the picture"
              placeholder="name"
              value={asset.name ?? ''}
              onInput={({ currentTarget }) => change(index, { name: currentTarget.value })}
            />
            <input
              aria-label="URL"
              placeholder="URL"
              value={asset.url ?? ''}
              onInput={({ currentTarget }) => change(index, { url: currentTarget.value })}
            />
            <button
              type="button"
              class="quiet"
              aria-label={`Remove ${asset.name || 'the picture'}`}
              onClick={() => set({ media: media.filter((_, at) => at !== index) })}
            >
              ✕
            </button>
          </div>
        ))}
        {problemOf('media') !== undefined && <p class="problem">{problemOf('media')}</p>}
        <Findings field="media" />
        <div>
          <button type="button" onClick={() => set({ media: [...media, { role: 'MEDIA_ROLE_OTHER' }] })}>
            Add picture by URL
          </button>
        </div>
      </div>
    </section>
  )
}
