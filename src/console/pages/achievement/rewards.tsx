import type { RewardJson, RewardKindJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { useEditor } from './editor-context.ts'
import { fieldId } from './field-path.ts'
import { Findings } from './findings.tsx'

/** The rewards of an unlock. */
export function Rewards() {
  const { draft, set, problemOf } = useEditor()
  const { rewards = [] } = draft
  const change = (index: number, changes: Partial<RewardJson>) =>
    set({ rewards: rewards.map((each, at) => (at === index ? { ...each, ...changes } : each)) })
  return (
    <section class="panel" aria-labelledby="rewards-heading">
      <header class="panel-header">
        <h2 id="rewards-heading">Rewards</h2>
        <button
          type="button"
          onClick={() => set({ rewards: [...rewards, { kind: 'REWARD_KIND_GAMERSCORE', value: '10' }] })}
        >
          Add reward
        </button>
      </header>
      <div class="panel-body stack" id={fieldId('rewards')}>
        {rewards.length === 0 && <p class="muted">None.</p>}
        {rewards.map((reward, index) => (
          <div class="list-row" key={index} id={fieldId(`rewards[${index}]`)}>
            <select
              aria-label="Kind of reward"
              value={reward.kind}
              onChange={({ currentTarget }) => change(index, { kind: currentTarget.value as RewardKindJson })}
            >
              <option value="REWARD_KIND_GAMERSCORE">Points</option>
              <option value="REWARD_KIND_IN_APP">In the game</option>
              <option value="REWARD_KIND_ART">Picture</option>
            </select>
            <input
              aria-label="Value"
              placeholder={reward.kind === 'REWARD_KIND_GAMERSCORE' ? 'points' : 'code or URL'}
              value={reward.value ?? ''}
              onInput={({ currentTarget }) => change(index, { value: currentTarget.value })}
            />
            <input
              aria-label="Name of the reward"
              placeholder="name"
              dir="auto"
              value={reward.name ?? ''}
              onInput={({ currentTarget: { value } }) =>
                change(index, { name: value === '' ? undefined : value } as Partial<RewardJson>)
              }
            />
            <button
              type="button"
              class="quiet"
              aria-label={`Remove reward ${index + 1}`}
              onClick={() => set({ rewards: rewards.filter((_, at) => at !== index) })}
            >
              ✕
            </button>
          </div>
        ))}
        {problemOf('rewards') !== undefined && <p class="problem">{problemOf('rewards')}</p>}
        <Findings field="rewards" />
      </div>
    </section>
  )
}
