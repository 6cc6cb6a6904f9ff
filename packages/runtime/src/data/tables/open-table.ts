import { showPath } from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { statsOf } from '../../system/files/look-up.ts';
import { tableFormatOf, tableFormats } from './table-formats.ts';
import { type TableOptions, tableOptions } from './table-options.ts';
import type { TableReader } from './table-reader.ts';

/** Opens a table in the format of its file name. @throws Error naming the path. */
export async function openTable(path: string, options: TableOptions = {}): Promise<TableReader> {
  checkPath('openTable', path);
  tableOptions.read(options);
  const format = tableFormatOf(path);
  if (format !== undefined) return format.open(path, options);
  const exists = statsOf('readTable', path) !== undefined;
  const known = Object.values(tableFormats).map(({ title }) => title);
  throw new Error(
    `readTable: ${showPath(path)} ${exists ? 'is not a table' : 'does not exist'}, expected ${known.join(', or ')}`,
  );
}
