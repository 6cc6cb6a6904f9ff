import { show, showPath } from '@gradloom/core/internal';
import { MAX_TEXT_RATIO, openBytes } from '../../system/files/byte-source.ts';
import { readText } from '../read-text.ts';
import { MOST_CHARACTERS } from './csv-records.ts';
import { type JsonRow, openJsonRows, ROW_WANTED } from './json-rows.ts';
import type { TableReader, TableReadOptions } from './table-reader.ts';

/** Opens a file with one JSON object, or array of cells, per line; plain or gzipped. Blank lines are skipped. */
export const openJsonLines = (path: string, options: TableReadOptions): Promise<TableReader> =>
  openJsonRows(
    options,
    (problem) => new Error(`readTable: ${showPath(path)}: ${problem}`),
    () => linesOf(path),
  );

async function* linesOf(path: string): AsyncGenerator<readonly JsonRow[]> {
  const fault = (has: string, expected: string, cause?: unknown) =>
    new Error(`readTable: ${showPath(path)} has ${has}, expected ${expected}`, { cause });
  const source = await openBytes('readTable', path, 'a file with a JSON object a line', MAX_TEXT_RATIO);
  let line = 1;
  let open = ''; // the unfinished line
  try {
    for await (const text of readText(source, fault)) {
      const lines = text.split('\n');
      lines[0] = open + lines[0];
      open = lines.pop() ?? '';
      yield lines.flatMap((own) => parsed(own, line++));
      if (open.length > MOST_CHARACTERS) {
        throw fault(`a row of more than ${MOST_CHARACTERS} characters at line ${line}`, 'shorter ones');
      }
    }
    yield parsed(open, line);
  } finally {
    await source.close();
  }

  function parsed(text: string, at: number): JsonRow[] {
    if (text.trim() === '') return [];
    try {
      return [{ place: `line ${at}`, value: JSON.parse(text) }];
    } catch (cause) {
      const start = text.trim().length > 40 ? `${text.trim().slice(0, 40)}…` : text.trim();
      throw new Error(
        `readTable: ${showPath(path)}: line ${at} has ${show(start)}, which is not JSON, expected ${ROW_WANTED}`,
        {
          cause,
        },
      );
    }
  }
}
