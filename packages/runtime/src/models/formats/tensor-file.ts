/** A tensor in a file, whose numbers are read on demand. */
export interface StoredTensor {
  readonly type: string; // type as the file names it
  readonly shape: readonly number[];
  /** Reads the numbers, row-major. @throws Error (rejects) for other than floating-point, and for a damaged file. */
  read(): Promise<ArrayLike<number>>;
}

/** An open file of tensors. Its names, shapes and sizes are already checked, and each tensor has its own bytes. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Unchecked description of a model, as `describeModel` writes it. */
  readonly description?: unknown;
  close(): Promise<void>;
}
