import type { CellFormat, NumberFormat } from '@gradloom/core';
import { dateReader, dateText, isDateFormat, numberReader, show } from '@gradloom/core/internal';
import { IMAGE } from '../../images/image-folder.ts';
import { leaveOut, readAsCategories } from '../advice.ts';
import { digitsOf, type FormatEvidence } from '../columns/format-evidence.ts';
import {
  ANY_NUMBER,
  DECIMAL_POINT,
  dateFormatBit,
  dateFormats,
  type FormatSet,
  hasBothMarks,
  numberFormatBit,
  numberFormats,
  numberReaders,
  PLAIN_DATES,
  PLAIN_NUMBERS,
} from '../columns/format-set.ts';
import type { ColumnPlan, PlannedColumn } from '../columns/plan-columns.ts';
import type { CellAt, DelimiterName } from '../formats/table-reader.ts';
import type { TableFaults } from '../table-faults.ts';
import type { TableOptions } from '../table-options.ts';
import { MAX_CODES } from './column-type.ts';
import { MAX_WHOLE_CLASSES } from './target-kind.ts';

/**
 * Finds how the numbers and dates of each column are written, where they are not plain: from all cells of the column,
 * then from other columns, then from the delimiter of the file. Columns that allow two readings are faults.
 */
export function findFormats(
  { columns, classNames }: ColumnPlan,
  options: TableOptions,
  delimiter: DelimiterName | undefined,
  faults: TableFaults,
): ReadonlyMap<string, CellFormat> {
  const hasClasses = ({ name, targetKind }: PlannedColumn) => targetKind === 'classes' || classNames.has(name);
  const candidates = columns.flatMap((column) => {
    const { evidence, words } = column.collector.collected();
    if (evidence === null || evidence.formats === 0 || hasClasses(column)) return [];
    // 12.png is no number of the unit png.
    if (words.length > 0 && words.every((word) => IMAGE.test(word))) return [];
    return [{ column, evidence, words }];
  });
  const habits = habitsOf(
    candidates.map(({ evidence }) => evidence),
    delimiter,
  );
  const allowedFormats = allowedBy(options);
  const formats = new Map<string, CellFormat>();
  for (const { column, evidence, words } of candidates) {
    const { index, name, title, role, type } = column;
    const isRequested = type === 'numeric' || type === 'date';
    if (!isRequested && !areNumbers(column, evidence, words)) continue;
    if (evidence.units.length > 1) {
      const units = evidence.units.slice(0, 5).join(', ');
      const advice =
        role === 'target' ? 'convert the others in the file' : `${leaveOut(name)}, ${readAsCategories(name)}`;
      faults.add(index, 'units', `${title} has the units ${units}, expected one in all cells (${advice})`);
      continue;
    }
    const decision = decideFormat(evidence, habits, delimiter, allowedFormats);
    if ('question' in decision) faults.add(index, 'question', `${title} ${decision.question}`);
    else if (decision.format !== null) formats.set(name, decision.format);
  }
  return formats;
}

/** Whether a column holds numbers or dates, with a few mistakes at most. */
function areNumbers(
  { role }: PlannedColumn,
  { readsAll, readFraction, units }: FormatEvidence,
  words: readonly string[],
): boolean {
  // A column without words has plain numbers or plain dates alone, and no codes.
  const hasFewWords = (maxWords: number): boolean => words.length > 0 && words.length <= maxWords;
  // Few words with a unit, such as 2 rooms and 3 rooms, are classes of a target.
  if (role === 'target' && hasFewWords(MAX_WHOLE_CLASSES) && units.length > 0) return false;
  if (readsAll && units.length <= 1) return true;
  return readFraction > 0.5 && !hasFewWords(MAX_CODES);
}

function allowedBy({ decimal, thousands, dateFormat }: TableOptions): FormatSet {
  const numbers = numberFormats.flatMap((format, n) => {
    const isAllowed =
      (decimal === undefined || format.decimal === decimal) &&
      (thousands === undefined || format.thousands === undefined || format.thousands === thousands) &&
      !(thousands === 'none' && format.thousands !== undefined) &&
      // A mark between thousands is no decimal mark.
      thousands !== format.decimal;
    return isAllowed ? [numberFormatBit(n)] : [];
  });
  const dates = dateFormats.flatMap(({ order }, n) =>
    dateFormat === undefined || order === 'time' || order === dateFormat ? [dateFormatBit(n)] : [],
  );
  return [...numbers, ...dates].reduce((set, bit) => set | bit, PLAIN_DATES);
}

/** How a file writes numbers and dates, by the columns that allow one reading; null if these differ or are missing. */
interface FileHabits {
  readonly decimal: NumberFormat['decimal'] | null;
  readonly order: 'dmy' | 'mdy' | null;
}

function habitsOf(columns: readonly FormatEvidence[], delimiter: DelimiterName | undefined): FileHabits {
  const hasColumn = (kind: 'numbers' | 'dates', test: (formats: FormatSet) => boolean) =>
    columns.some((column) => column.readFraction > 0.5 && column.isDate === (kind === 'dates') && test(column.formats));
  const hasPoints = hasColumn('numbers', (formats) => (formats & ~DECIMAL_POINT) === 0);
  const hasCommas = hasColumn('numbers', (formats) => (formats & DECIMAL_POINT) === 0);
  const isOnly = (order: FileHabits['order']) => (formats: FormatSet) =>
    formats === dateFormatBit(dateFormats.findIndex((format) => format.order === order));
  const hasDaysFirst = hasColumn('dates', isOnly('dmy'));
  const hasMonthsFirst = hasColumn('dates', isOnly('mdy'));
  // Where commas separate fields, they are no decimal marks.
  let decimal: FileHabits['decimal'] = delimiter === 'comma' ? 'point' : null;
  if (hasPoints !== hasCommas) decimal = hasPoints ? 'point' : 'comma';
  let order: FileHabits['order'] = null;
  if (hasDaysFirst !== hasMonthsFirst) order = hasDaysFirst ? 'dmy' : 'mdy';
  return { decimal, order };
}

/** A decision on a column: its format, null for plain cells, or a question to the user. */
type FormatDecision = { readonly format: CellFormat | null } | { readonly question: string };

/** Decides the format of a column of which most cells are numbers or dates. */
function decideFormat(
  { formats: fitting, isDate, hasDashOrBrackets, units, ambiguous }: FormatEvidence,
  habits: FileHabits,
  delimiter: DelimiterName | undefined,
  allowedFormats: FormatSet,
): FormatDecision {
  let formats = fitting & allowedFormats;
  // If the options allow none of the fitting formats, the second reading names the cells that do not fit.
  if (formats === 0) formats = isDate ? fitting : ANY_NUMBER & allowedFormats;
  if (isDate) {
    if ((formats & PLAIN_DATES) !== 0) return { format: null };
    const candidates = dateFormats.filter((_, n) => (formats & dateFormatBit(n)) !== 0);
    const format = candidates.length === 1 ? candidates[0] : candidates.find(({ order }) => order === habits.order);
    if (format !== undefined) return { format };
    const readings = candidates.map((format) => ({ format, flag: `--date-format ${format.order}` }));
    return { question: askFor(ambiguous, readings) };
  }
  const isAmbiguous = ambiguous !== null && hasBothMarks(formats);
  const isPlain = units.length === 0 && !hasDashOrBrackets && (formats & PLAIN_NUMBERS) !== 0;
  // The formats with the decimal mark of the other columns; 0 if that is not known, or no format has it.
  const habitual =
    habits.decimal === null ? 0 : formats & (habits.decimal === 'point' ? DECIMAL_POINT : ~DECIMAL_POINT);
  // Plain numbers need no question, except between semicolons, which go with decimal commas.
  if (isAmbiguous && habitual === 0 && !(isPlain && delimiter !== 'semicolon')) {
    const digits = digitsOf(ambiguous.cell);
    const readings = (['comma', 'point'] as const).flatMap((decimal) => {
      const n = numberFormats.findIndex(
        (format, n) =>
          format.decimal === decimal && (formats & numberFormatBit(n)) !== 0 && numberReaders[n](digits) !== undefined,
      );
      return n === -1 ? [] : [{ format: numberFormats[n], flag: `--decimal ${decimal}` }];
    });
    return { question: askFor(ambiguous, readings) };
  }
  const chosenFormats = isAmbiguous && habitual !== 0 ? habitual : formats;
  if (isPlain && (chosenFormats & PLAIN_NUMBERS) !== 0) return { format: null };
  const format = numberFormats.find((_, n) => (chosenFormats & numberFormatBit(n)) !== 0) ?? numberFormats[0];
  return { format: units.length === 1 ? { ...format, unit: units[0] } : format };
}

/** Asks which reading is meant, by the value of a cell in each. */
function askFor(ambiguous: CellAt | null, readings: readonly { format: CellFormat; flag: string }[]): string {
  const cell = ambiguous?.cell;
  const values = readings.map(({ format, flag }) => {
    if (!isDateFormat(format)) return `${numberReader(format)(digitsOf(cell))} with ${flag}`;
    const days = dateReader(format)(cell);
    return `${days === undefined ? days : dateText(days)} with ${flag}`;
  });
  const expected = 'one of these flags, since all cells allow both';
  return `has ${show(cell)} in ${ambiguous?.location}, which is ${values.join(' and ')}, expected ${expected}`;
}
