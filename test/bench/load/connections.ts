import { Connection } from './connection.ts'

/** Runs work over some connections, which are closed after it. */
export async function withConnections<Result>(
  address: string,
  count: number,
  work: (connections: readonly Connection[]) => Promise<Result>,
): Promise<Result> {
  const connections: Connection[] = []
  try {
    for (let index = 0; index < count; index += 1) connections.push(await Connection.open(address))
    return await work(connections)
  } finally {
    for (const connection of connections) connection.close()
  }
}
