/** Where a record lies in the journal. */
export interface JournalPosition {
  readonly segment: number
  /** Of the record in its segment's file, bytes. */
  readonly offset: number
  /** Of the payload, bytes. */
  readonly length: number
}
