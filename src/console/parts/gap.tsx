/** Takes the place of the rows of a table that are left out. */
export function Gap({ height, columnCount }: { height: number; columnCount: number }) {
  if (height === 0) return null
  return (
    <tr class="gap">
      <td colSpan={columnCount} style={{ height: `${height}px` }} />
    </tr>
  )
}
