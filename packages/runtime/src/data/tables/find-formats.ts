import type { CellFormat } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import { flagWord, leaveOut } from './column-collector.ts';
import { MOST_WHOLE_CLASSES } from './find-target.ts';
import { MOST_CODES } from './find-type.ts';
import { allowedBy, decideFormat, type FormatEvidence, habitsOf } from './format-finder.ts';
import type { ColumnPlan, Reading } from './plan-columns.ts';
import type { TableFaults } from './table-faults.ts';
import type { DelimiterName } from './table-reader.ts';
import type { TableRequest } from './table-request.ts';

/**
 * Finds how the numbers and dates of each column are written, where they are not plain: from all cells of the column,
 * then from other columns, then from the separator of the file. Columns that allow two readings are faults.
 */
export function findFormats(
  { readings, targets, known, isNamed }: ColumnPlan,
  { options }: Pick<TableRequest, 'options'>,
  delimiter: DelimiterName | undefined,
  faults: TableFaults,
): ReadonlyMap<string, CellFormat> {
  const areClasses = targets === 'classes' || known !== undefined;
  const found = readings.flatMap((reading) => {
    const { evidence, words } = reading.collector.collected();
    if (evidence === null || evidence.mask === 0 || (reading.role === 'target' && areClasses)) return [];
    return [{ reading, evidence, words }];
  });
  const habits = habitsOf(
    found.map(({ evidence }) => evidence),
    delimiter,
  );
  const allowed = allowedBy(options);
  const formats = new Map<string, CellFormat>();
  for (const { reading, evidence, words } of found) {
    const { at, name, role, type } = reading;
    const title = isNamed ? ` (${show(name)})` : '';
    const isAsked = type === 'numeric' || type === 'date';
    if (!isAsked && !areNumbers(reading, evidence, words)) continue;
    if (evidence.units.length > 1) {
      const units = evidence.units.slice(0, 5).join(', ');
      const ways =
        role === 'target'
          ? 'convert the others in the file'
          : `${leaveOut(name)}, --column ${flagWord(`${name}:categorical`)} reads it as categories`;
      faults.add(at, 'units', `column ${at + 1}${title} has the units ${units}, expected one in all cells (${ways})`);
      continue;
    }
    const decision = decideFormat(evidence, habits, delimiter, allowed);
    if ('question' in decision) faults.add(at, 'question', `column ${at + 1}${title} ${decision.question}`);
    else if (decision.format !== null) formats.set(name, decision.format);
  }
  return formats;
}

/** Whether a column holds numbers or dates, with a few mistakes at most. */
function areNumbers({ role }: Reading, { readsAll, share, units }: FormatEvidence, words: readonly string[]): boolean {
  // Few words with a unit, such as 2 rooms and 3 rooms, are classes of a target.
  const isFew = words.length > 0 && words.length <= MOST_WHOLE_CLASSES;
  if (role === 'target' && isFew && units.length > 0) return false;
  if (readsAll && units.length <= 1) return true;
  return share > 0.5 && (words.length > MOST_CODES || words.length === 0);
}
