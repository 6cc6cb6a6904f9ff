/** Reply to a request body: JSON to send back. */
export interface Reply {
  readonly rows: number; // number of answered rows
  readonly text: string; // the answers, or an error in one sentence
  /** Why there are no answers: the body is not a list of rows or has too many, or the model fails. */
  readonly fault?: 'content' | 'rows' | 'model';
}
