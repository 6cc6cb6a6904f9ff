import { counted, show } from '../../checks/show.ts';
import { isTypedNumbers } from '../../math/element-type.ts';
import type { TokenizerLoader } from '../text/tokenizer.ts';
import { CellError, type CellRow, type NamedRow } from './cell.ts';
import { createCellPicker } from './cell-picker.ts';
import { checkTablePreprocessing } from './check-preprocessing.ts';
import { createColumnEncoder, type EncodingNote } from './column-encoder.ts';
import type { TablePreprocessing } from './preprocessing.ts';
import { havePartLengths, inInputOrder, isPart } from './row-parts.ts';

/** Encodes rows of a table as inputs of a network: numbers and categories, then the parts of the row. */
export interface Encoder {
  /** I: number of inputs. */
  readonly width: number;
  /** Names of the inputs: 'age', 'age is missing', 'color=red'. */
  readonly names: readonly string[];
  /**
   * Encodes a row into [I] numbers of `x` from `offset` on. Returns how many of them are not padding: for a text the
   * number of its tokens, else I. An object may have other columns, such as those that training left out, and lack
   * columns in which training rows had gaps. `lengths` receives the real positions of the row; if there are texts
   * beside other columns those of each part, 1 for numbers, categories and an image.
   * @throws CellError for a cell that its column cannot take, and for a column that is missing.
   */
  encode<Row extends NamedRow<Row>>(row: CellRow | Row, x: Float64Array, offset: number, lengths?: number[]): number;
}

/**
 * Creates an encoder of rows. `onNote` is called for unknown categories, whose inputs are all 0, for gaps in columns
 * where few or no training rows had one, and for texts that are cut or half unknown. `gpt2` loads the tables of GPT-2,
 * if a column of texts has its tokens.
 */
export function createEncoder(
  preprocessing: TablePreprocessing,
  onNote?: (note: EncodingNote) => void,
  load?: TokenizerLoader,
): Encoder {
  const checked = checkTablePreprocessing('createEncoder', preprocessing);
  const columnNames = checked.columns.map(({ name }) => name);
  const encodings = inInputOrder(checked.columns);
  const columns = encodings.map((encoding) => createColumnEncoder(encoding, onNote, load));
  const hasPartLengths = havePartLengths(encodings);
  const cellColumns = encodings.filter((encoding) => !isPart(encoding)).length;
  const cellOf = columns.map(({ name }) => columnNames.indexOf(name));
  const pick = createCellPicker(checked);
  const names = columns.flatMap(({ inputs }) => inputs);

  return {
    width: names.length,
    names,
    encode(row, x, offset, lengths) {
      const isList = Array.isArray(row) || isTypedNumbers(row);
      if (isList && row.length !== columns.length) {
        const list = columnNames.slice(0, 20).map(show).join(', ');
        const expected = `a row of ${counted(columns.length, 'cell')} (${list})`;
        const has = counted(row.length, 'cell');
        if (row.length < columns.length) {
          throw new CellError(columnNames[row.length], `is missing in a row of ${has}`, expected);
        }
        const hint = columns.length === 1 ? '; several rows are [["..."], ["..."]]' : '';
        throw new CellError(columnNames[columns.length - 1], `is the last, and the row has ${has}`, expected + hint);
      }
      const cells = isList ? row : pick(row as NamedRow);
      let columnOffset = offset;
      let inputs = 0; // without padding
      if (hasPartLengths && cellColumns > 0) lengths?.push(1);
      for (let c = 0; c < columns.length; c++) {
        const column = columns[c];
        const length = column.encode(cells[cellOf[c]], x, columnOffset);
        inputs += length;
        columnOffset += column.inputs.length;
        if (hasPartLengths && c >= cellColumns) lengths?.push(encodings[c].type === 'text' ? length : 1);
      }
      if (!hasPartLengths) lengths?.push(inputs);
      return inputs;
    },
  };
}
