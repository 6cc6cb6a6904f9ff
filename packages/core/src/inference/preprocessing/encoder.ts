import { nearest } from '../../checks/nearest.ts';
import { counted, show, showName } from '../../checks/show.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { type Cell, CellError } from './cell.ts';
import { checkTablePreprocessing } from './check-preprocessing.ts';
import { createColumnEncoder, type EncodingNote } from './column-encoder.ts';
import type { TablePreprocessing } from './preprocessing.ts';

/** A row of a table: its cells in column order, or by column name. */
export type CellRow = readonly Cell[] | Readonly<Record<string, Cell>>;

/** Encodes rows of a table as inputs of a network. */
export interface Encoder {
  /** I: number of inputs. */
  readonly width: number;
  /** Names of the inputs: 'age', 'age is missing', 'color=red'. */
  readonly names: readonly string[];
  /**
   * Encodes a row into [I] numbers of `x` from `offset` on. Returns how many of them are not padding: for a text the
   * number of its tokens, else I. An object may have other columns, such as those that training left out.
   * @throws CellError for a cell that its column cannot take, and for a column that is missing.
   */
  encode(row: CellRow, x: Float64Array, offset: number): number;
}

/**
 * Creates an encoder of rows. `onNote` is called for unknown categories, whose inputs are all 0, for gaps in columns
 * where few or no training rows had one, and for texts that are cut or half unknown. `gpt2` loads the tables of GPT-2,
 * if a column of texts has its tokens.
 */
export function createEncoder(
  preprocessing: TablePreprocessing,
  onNote?: (note: EncodingNote) => void,
  gpt2?: () => Tokenizer,
): Encoder {
  const columns = checkTablePreprocessing('createEncoder', preprocessing).columns.map((encoding) =>
    createColumnEncoder(encoding, onNote, gpt2),
  );
  const known = columns.map(({ name }) => name);
  const isKnown = new Set(known);
  const names = columns.flatMap(({ inputs }) => inputs);

  function refuseMissing(row: object, name: string): never {
    const others = Object.keys(row).filter((key) => !isKnown.has(key));
    const misspelled = others.find((other) => nearest(other, [name]) !== undefined);
    if (misspelled !== undefined) {
      const list = known.slice(0, 20).map(show).join(', ');
      throw new CellError(misspelled, `is unknown, expected ${list} (did you mean ${showName(name)}?)`);
    }
    const also = others.length === 0 ? '' : ` (the row also has ${others.slice(0, 20).map(show).join(', ')})`;
    throw new CellError(name, `is missing, expected a value, or null for a gap${also}`);
  }

  return {
    width: names.length,
    names,
    encode(row, x, offset) {
      const isList = Array.isArray(row);
      if (isList && row.length !== columns.length) {
        const list = known.slice(0, 20).map(show).join(', ');
        const wanted = `expected a row of ${counted(columns.length, 'cell')} (${list})`;
        if (row.length < columns.length) {
          throw new CellError(known[row.length], `is missing in a row of ${counted(row.length, 'cell')}, ${wanted}`);
        }
        const hint = columns.length === 1 ? '; several rows are [["..."], ["..."]]' : '';
        throw new CellError(known[columns.length - 1], `is followed by another cell, ${wanted}${hint}`);
      }
      let at = offset;
      let real = 0;
      for (let c = 0; c < columns.length; c++) {
        const column = columns[c];
        if (!isList && !Object.hasOwn(row, column.name)) refuseMissing(row, column.name);
        const cell = isList ? row[c] : (row as Readonly<Record<string, Cell>>)[column.name];
        real += column.encode(cell, x, at);
        at += column.inputs.length;
      }
      return real;
    },
  };
}
