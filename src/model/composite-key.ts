/** Returns one map key for several parts. Parts may hold any text: JSON keeps them apart. */
export function compositeKey(...parts: readonly (string | number | bigint)[]): string {
  return JSON.stringify(parts.map(String))
}
