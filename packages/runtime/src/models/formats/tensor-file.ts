/** A tensor of a file, whose numbers are not read yet. */
export interface StoredTensor {
  readonly type: string; // as the file names it
  readonly shape: readonly number[];
  /** The numbers, row-major. @throws Error (rejects) for a type that is no floating point, and for a damaged file. */
  read(): Promise<ArrayLike<number>>;
}

/** A file of tensors, open: the names, shapes and sizes in it are checked, so each tensor has bytes of its own. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What the file says about a model, as `describeModel` has it; not checked. */
  readonly description?: unknown;
  close(): Promise<void>;
}

/** The sentence about a file: '<where>: <path> has ..., expected ...'. */
export type FileFault = (has: string, expected: string, cause?: unknown) => Error;
