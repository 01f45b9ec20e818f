import type { Call, Services } from '../services.ts'

export interface TitleNamed {
  readonly dialect: string
  /** The name `namespace` of the title's binding in the dialect. */
  readonly namespace: string
}

/**
 * Returns the id of the title that a dialect's rights on a namespace are for: the title that is bound to it, else the one
 * that the first write to the namespace would create. Undefined where a title that is not bound to it has that id.
 */
export async function titleNamed(
  services: Services,
  { dialect, namespace }: TitleNamed,
  { signal }: Pick<Call, 'signal'>,
): Promise<string | undefined> {
  return services.store.read(signal, async (queries) => {
    const [owner] = await queries.titleBindings.findTitleIds(dialect, { namespace })
    if (owner !== undefined) return owner
    return (await queries.titles.find(namespace)) === undefined ? namespace : undefined
  })
}
