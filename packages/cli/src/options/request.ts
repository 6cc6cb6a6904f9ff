/** A command line, taken apart but not yet read. */
export interface Request {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
  readonly args: readonly string[]; // as typed
}
