/** A layer cannot take this input, such as an index outside of a vocabulary. A retry would fail again. */
export class InputError extends Error {
  /** 'InputError'. */
  override readonly name = 'InputError';
  /** Index of the row in the input, counted from 0. */
  readonly row: number;
  /** 'embedding(4x2) at layer 1: index at place 0 has 7, expected …' */
  readonly problem: string;

  /** `where` is the function that was called, `of` the name of the dataset that has the row. */
  constructor(row: number, problem: string, { where, of }: { where?: string; of?: string } = {}) {
    super(`${where === undefined ? '' : `${where}: `}row ${row}${of === undefined ? '' : ` of ${of}`}: ${problem}`);
    this.row = row;
    this.problem = problem;
  }
}
