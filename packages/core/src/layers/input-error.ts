/**
 * A number that reached a layer, and that it cannot take, such as an index that an embedding does not have. It follows
 * from rows and weights: whoever tries again meets it again.
 */
export class InputError extends Error {
  /** 'InputError'. */
  override readonly name = 'InputError';
  /** The row, counted from 0 in what was handed in. */
  readonly row: number;
  /** 'embedding(4x2) at layer 1: index at place 0 has 7, expected …' */
  readonly problem: string;

  constructor(row: number, problem: string, { where, of }: { where?: string; of?: string } = {}) {
    super(`${where === undefined ? '' : `${where}: `}row ${row}${of === undefined ? '' : ` of ${of}`}: ${problem}`);
    this.row = row;
    this.problem = problem;
  }
}
