/** The tables of a cluster, as the coordinator knows them. */
export interface ClusterTables {
  readonly sharded: readonly string[]
  /** The coordinator's own copy of each copied table, by the table. */
  readonly copies: ReadonlyMap<string, string>
}

const TARGET = /\b(?:insert into|update|delete from) "?(\w+)/g
/** The lock `for update of p` is not an update of a table. */
const LOCK = /\bfor (?:no key )?update\b/g

export interface ClusterStatement {
  /** As the coordinator runs it. */
  readonly text: string
  /** Whether it writes to a copied table. */
  readonly writesCopies: boolean
}

/**
 * Returns a function that has statements use the coordinator's own copies of copied tables, if they neither write to one nor use a
 * sharded table. Such a statement runs as on a single Postgres. Through Citus, a row lock on a copied table would lock all its rows on
 * all nodes until the transaction ends; a lock of the coordinator's row is enough, because a write changes it too.
 */
export function localStatements({ sharded, copies }: ClusterTables): (text: string) => ClusterStatement {
  const known = new Map<string, ClusterStatement>()
  const isSharded = new RegExp(`\\b(?:${sharded.join('|')})\\b`)
  const onCopies = renamed(copies)

  function localStatement(text: string): ClusterStatement {
    const targets = [...text.replace(LOCK, '').matchAll(TARGET)]
    const writesCopies = targets.some(([, target = '']) => copies.has(target))
    const isLocal = !writesCopies && !isSharded.test(text)
    return {
      text: isLocal ? onCopies(text) : text,
      writesCopies,
    }
  }

  return (text) => {
    const local = known.get(text) ?? localStatement(text)
    known.set(text, local)
    return local
  }
}

/** Returns a function that replaces the names of tables in statements. */
export function renamed(names: ReadonlyMap<string, string>): (text: string) => string {
  const known = new Map<string, string>()
  const named = new RegExp(`\\b(?:${[...names.keys()].join('|')})\\b`, 'g')
  return (text) => {
    const other = known.get(text) ?? text.replace(named, (table) => names.get(table) as string)
    known.set(text, other)
    return other
  }
}
