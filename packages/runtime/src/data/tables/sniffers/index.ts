import { show } from '@gradloom/core/internal';
import type { Table } from '../table.ts';
import { totalRow } from './end-of-table.ts';
import { exclusions, identifiers } from './exclusions.ts';
import { labelLists } from './label-lists.ts';
import { robustScale, sentinel, zeroPadded } from './numbers.ts';
import { constant, constantTarget, spelledTarget, spellings } from './repeats.ts';
import type { ColumnRule, SniffedTable, Sniffer } from './sniffer.ts';
import { targetKind, targetSpan } from './target-kind.ts';

/** Possible mistakes of single columns; of each column the first is named. */
export const columnRules = { constant, sentinel, spellings } satisfies Record<string, ColumnRule>;

/** Maximum number of warnings about single columns: a wide table may have thousands. */
const MAX_WARNINGS = 10;

const columns: Sniffer = {
  flag: '--drop',
  warn({ guessed, rows }) {
    // With a single row every column has one value; the warning of the target says so.
    if (rows === 1) return [];
    const rules: readonly ColumnRule[] = Object.values(columnRules);
    const warnings = guessed.flatMap(({ column }) => {
      const suspicion = rules.map((rule) => rule.suspect(column)).find((sentence) => sentence !== undefined);
      return suspicion === undefined ? [] : [`column ${show(column.name)} ${suspicion}`];
    });
    if (warnings.length <= MAX_WARNINGS) return warnings;
    const omittedCount = warnings.length - MAX_WARNINGS + 1;
    const kinds = `${rules.map(({ what }) => what).join(', ')}`.replace(/, (?=[^,]*$)/, ', or ');
    return [...warnings.slice(0, MAX_WARNINGS - 1), `${omittedCount} more columns have ${kinds}`];
  },
};

/**
 * What is decided and suspected about a table whose columns have been read, in the order of the sentences. Others
 * decide earlier: `csv-layout.ts` and `end-of-table.ts` about rows of a file, `cell-formats.ts`, `column-type.ts` and
 * `target-kind.ts` about the cells of a column.
 */
export const sniffers = {
  targetKind,
  targetSpan,
  labelLists,
  exclusions,
  robustScale,
  zeroPadded,
  constantTarget,
  spelledTarget,
  columns,
  identifiers,
  totalRow,
} satisfies Record<string, Sniffer>;

const snifferList: readonly Sniffer[] = Object.values(sniffers);

export const decisionsOn = (table: SniffedTable): string[] =>
  snifferList.flatMap((sniffer) => sniffer.decide?.(table) ?? []);

export const warningsOf = (table: SniffedTable, finalTable: Table): string[] =>
  snifferList.flatMap((sniffer) => sniffer.warn?.(table, finalTable) ?? []);
