/** The decoded values of the `:name` segments of a page's path. */
export type Parameters = Readonly<Record<string, string>>

export interface PageProps {
  readonly parameters: Parameters
}
