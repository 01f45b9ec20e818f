/** All of one length: a message for one of them is a message for any. */
export function playerName(number: number): string {
  return `player-${String(number).padStart(8, '0')}`
}

export function achievementName(number: number): string {
  return `achievement-${String(number).padStart(3, '0')}`
}
