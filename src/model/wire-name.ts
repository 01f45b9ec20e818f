/** Returns the name of a field, or of a key of an error's metadata, in the contract: `playerId` is `player_id`. */
export function wireName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
