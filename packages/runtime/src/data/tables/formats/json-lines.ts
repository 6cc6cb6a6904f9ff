import { show, showPath } from '@gradloom/core/internal';
import { MAX_TEXT_RATIO, openBytes } from '../../../system/files/byte-source.ts';
import { readText } from '../../read-text.ts';
import { MAX_RECORD_CHARACTERS } from './csv-records.ts';
import { EXPECTED_ROW, type JsonRow, openJsonRows } from './json-rows.ts';
import { fileFault, partFault, type TableReader, type TableReadOptions } from './table-reader.ts';

/** Opens a file with one JSON object, or array of cells, per line; plain or gzipped. Blank lines are skipped. */
export const openJsonLines = (path: string, options: TableReadOptions): Promise<TableReader> =>
  openJsonRows(options, partFault(path), () => rowsOf(path));

async function* rowsOf(path: string): AsyncGenerator<readonly JsonRow[]> {
  const fault = fileFault(path);
  const source = await openBytes('readTable', path, 'a file with a JSON object a line', MAX_TEXT_RATIO);
  let line = 1;
  let rest = ''; // the unfinished line
  try {
    for await (const text of readText(source, fault)) {
      const lines = text.split('\n');
      lines[0] = rest + lines[0];
      rest = lines.pop() ?? '';
      yield lines.flatMap((text) => parse(text, line++));
      if (rest.length > MAX_RECORD_CHARACTERS) {
        throw fault(`a row of more than ${MAX_RECORD_CHARACTERS} characters at line ${line}`, 'shorter ones');
      }
    }
    yield parse(rest, line);
  } finally {
    await source.close();
  }

  function parse(text: string, line: number): JsonRow[] {
    const row = text.trim();
    if (row === '') return [];
    try {
      return [{ location: `line ${line}`, value: JSON.parse(text) }];
    } catch (cause) {
      const start = row.length > 40 ? `${row.slice(0, 40)}…` : row;
      const has = `line ${line} has ${show(start)}, which is not JSON`;
      throw new Error(`readTable: ${showPath(path)}: ${has}, expected ${EXPECTED_ROW}`, { cause });
    }
  }
}
