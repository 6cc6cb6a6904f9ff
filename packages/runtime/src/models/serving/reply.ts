/** What came of the body of a request: JSON to send back. */
export interface Reply {
  readonly rows: number; // that were answered
  readonly text: string; // the answers, or one sentence
  /** Why there are no answers: the body is no list of rows, has too many, or the model itself fails. */
  readonly fault?: 'content' | 'rows' | 'model';
}
