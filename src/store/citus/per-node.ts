import { type NodeAddress, nodeAddress } from './node-address.ts'

/** Keeps one resource open for each node of a cluster, and replaces it when the address of the node changes. */
export class PerNode<Resource> {
  readonly #coordinator: string
  readonly #close: (resource: Resource) => Promise<unknown>
  /** By group. */
  readonly #open = new Map<number, { readonly connectionString: string; readonly resource: Resource }>()
  #closing: Promise<unknown> = Promise.resolve()

  constructor(coordinator: string, close: (resource: Resource) => Promise<unknown>) {
    this.#coordinator = coordinator
    this.#close = close
  }

  of(address: NodeAddress, open: (connectionString: string) => Resource): Resource {
    const connectionString = nodeAddress(this.#coordinator, address)
    const former = this.#open.get(address.group)
    if (former?.connectionString === connectionString) return former.resource
    if (former !== undefined) this.#closing = Promise.all([this.#closing, this.#close(former.resource)])
    const resource = open(connectionString)
    this.#open.set(address.group, { connectionString, resource })
    return resource
  }

  /** The open resources. */
  get all(): readonly Resource[] {
    return [...this.#open.values()].map(({ resource }) => resource)
  }

  async close(): Promise<void> {
    const closing = this.all.map((resource) => this.#close(resource))
    await Promise.all([this.#closing, ...closing])
  }
}
