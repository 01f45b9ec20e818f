import type { Call, Services } from './services.ts'

export interface TitleNamed {
  readonly dialect: string
  /** The name `namespace` of the title's binding in the dialect. */
  readonly namespace: string
}

/**
 * The id of the title that a dialect's rights on a namespace are about: of the one that is bound to it, else of the one
 * that is called so, or will be. Undefined where another title is called so: it is not meant.
 */
export async function titleNamed(
  services: Services,
  { dialect, namespace }: TitleNamed,
  { signal }: Pick<Call, 'signal'>,
): Promise<string | undefined> {
  return services.store.read(signal, async (queries) => {
    const [owner] = await queries.titleIdsBoundTo(dialect, { namespace })
    if (owner !== undefined) return owner
    const title = await queries.titleById(namespace)
    return title === undefined || title.bindings[dialect] === undefined ? namespace : undefined
  })
}
