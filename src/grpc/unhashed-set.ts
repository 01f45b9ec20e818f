export interface Positioned {
  /** The index of the member in its set, which alone writes it. */
  position: number
}

/**
 * A set without a hash table, for members that come and go by the thousand each second. A Set or a Map is rehashed every few
 * changes, and the dead table refers to the next one: once V8 has moved one to the old generation, it keeps all later tables and
 * what they hold until a major collection.
 */
export class UnhashedSet<Member extends Positioned> {
  readonly #members: Member[] = []

  /** Adds a member that is in no set. */
  add(member: Member): void {
    member.position = this.#members.push(member) - 1
  }

  delete(member: Member): void {
    const { position } = member
    if (this.#members[position] !== member) return
    const last = this.#members.pop() as Member
    if (last === member) return
    this.#members[position] = last
    last.position = position
  }

  /** Returns the members, in no order. */
  members(): readonly Member[] {
    return [...this.#members]
  }
}
