import type { Cell, CellFormat, DateFormat, NumberFormat } from '@gradloom/core';
import {
  dateReader,
  dateText,
  enclosedIn,
  exampleOf,
  LONGEST_NUMBER,
  numberReader,
  readDate,
  readNumber,
  show,
  THOUSANDS,
} from '@gradloom/core/internal';
import type { TableOptions } from './table-options.ts';
import type { DelimiterName } from './table-reader.ts';

/** A cell and its place in the file. */
export interface Found {
  readonly place: string;
  readonly cell: Cell;
}

/** Formats of numbers without a unit; a set of them is a mask of bits. */
const numberFormats: readonly NumberFormat[] = (['point', 'comma'] as const).flatMap((decimal) => [
  { decimal },
  ...THOUSANDS[decimal].map((thousands) => ({ decimal, thousands })),
]);

const dateFormats: readonly DateFormat[] = [{ order: 'dmy' }, { order: 'mdy' }, { order: 'time' }];

const numberReaders = numberFormats.map(numberReader);
const dateReaders = dateFormats.map(dateReader);

const bit = (at: number): number => 1 << at;
const NUMBERS = bit(numberFormats.length) - 1;
/** Formats with a decimal point. */
const POINT = bit(numberFormats.length / 2) - 1;
/** Formats of dates are bits after those of numbers; the last bit is that of plain dates, whose year is first. */
const FIRST_DATE = numberFormats.length;
const ISO = bit(FIRST_DATE + dateFormats.length);
const FORMATS = FIRST_DATE + dateFormats.length + 1;
/** 1.234 is also a number of thousands if points stand between them. */
const POINT_OR_THOUSANDS =
  POINT | bit(numberFormats.findIndex(({ decimal, thousands }) => decimal === 'comma' && thousands === 'point'));

const CODES =
  'AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|Fr\\.|GBP|HUF|INR|JPY|KRW|kr|MXN|NOK|NZD|PLN|R\\$|RON|Rs\\.?|RUB|SEK|SFr\\.|TRY|US\\$|USD|ZAR';

/** Currencies stand before a number; behind it a unit may be any short text that begins with a letter or a sign. */
const WITH_UNIT = new RegExp(
  `^([+\\-−]?)\\s*(?:(\\p{Sc}|${CODES})\\s*)?([+\\-−]?)((?:\\d(?:[\\d.,'’ \\u00a0\\u2009\\u202f]*\\d)?(?:[.,][\\-−–—]{0,2})?|[.,]\\d+)(?:[eE][+-]?\\d+)?)\\s*([\\p{L}\\p{Sc}%‰°″′"µ][^,;:]{0,15})?$`,
  'u',
);

const NO_CENTS = /[-−–—]$/;

/** Most different units that are counted. */
const MOST_UNITS = 20;

/** A column of numbers has one unit, or by mistake a few, in nearly all cells. */
const FEW_UNITS = 5;
const NEARLY_ALL = 0.9;

const CURRENCY = new RegExp(`^(\\p{Sc}|${CODES})$`, 'u');

/** Letters and digits in turn are part of an id, such as 7a9fe3 or 0x1f, not a unit such as m2. */
const OF_AN_ID = /^\p{L}+(?![23]$)\d/u;

/** What the cells of a column allow. */
export interface FormatEvidence {
  /** The formats that read most cells, as a mask, and whether they read all. */
  readonly mask: number;
  readonly readsAll: boolean;
  readonly isDate: boolean;
  /** Share of the cells that the formats read. */
  readonly share: number;
  readonly units: readonly string[];
  /** Whether a number has a dash for no cents, or brackets for a sign, which plain numbers have not. */
  readonly isMarked: boolean;
  /** The first cell that is one number with a decimal comma and another with a point, or two dates. */
  readonly ambiguous: Found | null;
}

/** Finds how numbers or dates of a column are written, from all of its cells. */
export interface FormatFinder {
  /** Adds a cell that is a plain number. */
  addNumber(cell: Cell, place: string): void;
  /** Adds another cell; returns whether it is a number or a date in some format. */
  add(cell: Cell, place: string): boolean;
  evidence(): FormatEvidence;
}

/** Creates the finder of a column; with `type` only formats of numbers, or of dates, count. */
export function createFormatFinder(type?: 'numeric' | 'date'): FormatFinder {
  const counts = new Map<number, number>(); // cells by the set of formats that read them
  const unitCounts = new Map<number, number>(); // the same of numbers with a unit
  let plain = 0; // numbers without any mark, which are read the same in all formats
  let pointed = 0; // numbers with a point that is no mark between thousands
  const units = new Map<string, number>(); // cells by unit
  let bare = 0; // numbers without a unit
  let measured = 0; // numbers with a unit
  let total = 0;
  let enclosed = 0; // numbers in brackets
  let isMarked = false;
  let ambiguousNumber: Found | null = null;
  let ambiguousDate: Found | null = null;

  function addNumber(cell: Cell, place: string): void {
    total++;
    bare++;
    const point = typeof cell === 'string' ? cell.indexOf('.') : -1;
    if (point === -1) {
      plain++;
      return;
    }
    if (!isThousand(cell as string, point)) {
      pointed++;
      return;
    }
    increase(counts, POINT_OR_THOUSANDS);
    ambiguousNumber ??= { cell, place };
  }

  return {
    addNumber,
    add(cell, place) {
      total++;
      if (typeof cell !== 'string') return false;
      const text = cell.trim();
      const inner = enclosedIn(text);
      const isNone = type === 'date' || text.length > LONGEST_NUMBER;
      const number = isNone ? null : WITH_UNIT.exec(inner ?? text);
      if (number !== null) {
        const [, sign, before, second, digits, after] = number;
        const isOne = (sign === '' || second === '') && (before === undefined || after === undefined);
        const mask = isOne ? maskOf(digits, numberReaders) : 0;
        if (mask !== 0) {
          if (inner !== undefined) enclosed++;
          if (inner !== undefined || NO_CENTS.test(digits)) isMarked = true;
          const unit = before ?? after?.trim();
          if (unit === undefined) {
            bare++;
            increase(counts, mask);
          } else {
            measured++;
            increase(unitCounts, mask);
            if (units.size < MOST_UNITS || units.has(unit)) increase(units, unit);
          }
          if ((mask & POINT) !== 0 && (mask & ~POINT) !== 0 && /[.,]/.test(digits)) ambiguousNumber ??= { cell, place };
          return true;
        }
      }
      if (type === 'numeric') return false;
      const dates = maskOf(text, dateReaders) << FIRST_DATE;
      if (dates !== 0 && (dates & (dates - 1)) !== 0) ambiguousDate ??= { cell, place };
      const mask = dates | (readDate(text) === undefined ? 0 : ISO);
      increase(counts, mask);
      return mask !== 0;
    },
    evidence() {
      // A few cells with a unit among others without one are mistakes.
      const hasUnits = measured >= bare && (type !== undefined || areUnits(units, measured));
      const all = [[NUMBERS, plain] as const, [POINT, pointed] as const, ...counts, ...(hasUnits ? unitCounts : [])];
      const found = Array.from({ length: FORMATS }, (_, at) =>
        all.reduce((sum, [mask, count]) => ((mask & bit(at)) === 0 ? sum : sum + count), 0),
      );
      const most = Math.max(...found);
      // Numbers that are nearly all in brackets, such as those of notes, are not negative.
      const isNone = most === 0 || 2 * enclosed > total;
      const mask = isNone ? 0 : found.reduce((set, count, at) => (count === most ? set | bit(at) : set), 0);
      const isDate = mask >= bit(FIRST_DATE);
      const hasBarePercent = bare > 0 && [...units.keys()].some((unit) => unit === '%' || unit === '‰');
      return {
        ...{ mask, isDate, isMarked, readsAll: most === total, share: most / Math.max(1, total) },
        units: isDate || !hasUnits ? [] : [...units.keys(), ...(hasBarePercent ? ['none'] : [])],
        ambiguous: isDate ? ambiguousDate : ambiguousNumber,
      };
    },
  };
}

const increase = <T>(counts: Map<T, number>, key: T): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Whether the texts behind numbers are units: parts of ids, and letters of flats, are none. */
function areUnits(counts: ReadonlyMap<string, number>, cells: number): boolean {
  const most = [...counts].flatMap(([unit, count]) =>
    OF_AN_ID.test(unit) ? [] : [CURRENCY.test(unit) ? cells : count],
  );
  const few = most.toSorted((a, b) => b - a).slice(0, FEW_UNITS);
  return few.reduce((sum, count) => sum + count, 0) >= NEARLY_ALL * cells;
}

const THOUSAND = /^\s*[+-]?[1-9]\d{0,2}\.\d{3}\s*$/;

/**
 * Whether a number may be one of thousands. The length rules out most cells: the expression alone took a tenth of the
 * time of reading.
 */
const isThousand = (text: string, point: number): boolean =>
  (text.length === point + 4 || !isDigit(text.charCodeAt(text.length - 1))) && THOUSAND.test(text);

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

/** The readers that read the text, as a mask. */
const maskOf = (text: string, readers: readonly ((cell: Cell) => number | undefined)[]): number =>
  readers.reduce((mask, read, at) => (read(text) === undefined ? mask : mask | bit(at)), 0);

/** The formats that options allow. */
export function allowedBy({ decimal, thousands, dateFormat }: TableOptions): number {
  const numbers = numberFormats.reduce((mask, format, at) => {
    const isAllowed =
      (decimal === undefined || format.decimal === decimal) &&
      (thousands === undefined || format.thousands === undefined || format.thousands === thousands) &&
      !(thousands === 'none' && format.thousands !== undefined) &&
      // A mark between thousands is no decimal mark.
      thousands !== format.decimal;
    return isAllowed ? mask | bit(at) : mask;
  }, 0);
  const dates = dateFormats.reduce(
    (mask, { order }, at) =>
      dateFormat === undefined || order === 'time' || order === dateFormat ? mask | bit(FIRST_DATE + at) : mask,
    0,
  );
  return numbers | dates | ISO;
}

/** What other columns of a file say about how its numbers and dates are written. */
export interface FileHabits {
  readonly decimal: NumberFormat['decimal'] | null;
  readonly order: 'dmy' | 'mdy' | null;
}

/** The habits of a file: those that columns show which allow one reading. */
export function habitsOf(columns: readonly FormatEvidence[], delimiter: DelimiterName | undefined): FileHabits {
  const sure = columns.filter(({ share }) => share > 0.5);
  const has = (test: (mask: number) => boolean, isDate: boolean) =>
    sure.some((column) => column.isDate === isDate && test(column.mask));
  const points = has((mask) => (mask & ~POINT) === 0, false);
  const commas = has((mask) => (mask & POINT) === 0, false);
  const days = has((mask) => mask === bit(FIRST_DATE), true);
  const months = has((mask) => mask === bit(FIRST_DATE + 1), true);
  return {
    // A file whose fields are separated by commas comes from where these are no decimal marks.
    decimal: points !== commas ? (points ? 'point' : 'comma') : delimiter === 'comma' ? 'point' : null,
    order: days === months ? null : days ? 'dmy' : 'mdy',
  };
}

/** A decision on a column: its format, none for plain cells, or why it has to be asked. */
export type FormatDecision = { readonly format: CellFormat | null } | { readonly question: string };

/** Decides the format of a column of which most cells are numbers or dates. */
export function decideFormat(
  { mask: found, isDate, isMarked, units, ambiguous }: FormatEvidence,
  habits: FileHabits,
  delimiter: DelimiterName | undefined,
  allowed: number,
): FormatDecision {
  // Without a format that is allowed, the cells that do not fit are named.
  const mask = (found & allowed) === 0 ? (isDate ? found : NUMBERS & allowed) : found & allowed;
  if (isDate) {
    if ((mask & ISO) !== 0) return { format: null };
    const orders = dateFormats.filter((_, at) => (mask & bit(FIRST_DATE + at)) !== 0);
    const own = orders.length === 1 ? orders[0] : orders.find(({ order }) => order === habits.order);
    if (own !== undefined) return { format: own };
    return {
      question: asked(
        ambiguous,
        orders.map((format) => ({ format, flag: `--date-format ${format.order}` })),
      ),
    };
  }
  const isOpen = ambiguous !== null && (mask & POINT) !== 0 && (mask & ~POINT) !== 0;
  const isPlain = units.length === 0 && !isMarked && (mask & 1) !== 0;
  const narrowed = habits.decimal === null ? 0 : mask & (habits.decimal === 'point' ? POINT : ~POINT);
  const chosen = isOpen && narrowed !== 0 ? narrowed : mask;
  if (isOpen && narrowed === 0 && !(isPlain && delimiter !== 'semicolon')) {
    const ways = (['comma', 'point'] as const).flatMap((decimal) => {
      const at = numberFormats.findIndex(
        (format, own) =>
          format.decimal === decimal &&
          (mask & bit(own)) !== 0 &&
          numberReaders[own](digitsOf(ambiguous.cell)) !== undefined,
      );
      return at === -1 ? [] : [{ format: numberFormats[at], flag: `--decimal ${decimal}` }];
    });
    return { question: asked(ambiguous, ways) };
  }
  if (isPlain && (chosen & 1) !== 0) return { format: null };
  const format = numberFormats.find((_, at) => (chosen & bit(at)) !== 0) ?? numberFormats[0];
  return { format: units.length === 1 ? { ...format, unit: units[0] } : format };
}

/** Asks which reading is meant, by what a cell is in each. */
function asked(found: Found | null, ways: readonly { format: CellFormat; flag: string }[]): string {
  const readings = ways.map(({ format, flag }) => {
    const value = 'order' in format ? dateReader(format)(found?.cell) : numberReader(format)(digitsOf(found?.cell));
    return `${'order' in format && value !== undefined ? dateText(value) : value} with ${flag}`;
  });
  const wanted = 'one of these flags, since all cells allow both';
  return `has ${show(found?.cell)} in ${found?.place}, which is ${readings.join(' and ')}, expected ${wanted}`;
}

/** A number without its unit. */
function digitsOf(cell: Cell): Cell {
  if (typeof cell !== 'string') return cell;
  const enclosed = enclosedIn(cell.trim());
  const [, sign, , inner, digits] = WITH_UNIT.exec(enclosed ?? cell.trim()) ?? [];
  return digits === undefined ? cell : `${enclosed === undefined ? sign : '-'}${inner}${digits}`;
}

/** The format of a column, for a table of columns. */
export const describeFormat = (format: CellFormat): string =>
  `${'order' in format ? (format.order === 'time' ? 'times' : 'dates') : 'numbers'} like ${exampleOf(format)}`;

/** Whether a cell is a number in some format, without a unit. */
export const isSomeNumber = (cell: Cell): boolean =>
  readNumber(cell) !== undefined || numberReaders.some((read) => read(cell) !== undefined);

/** Whether a cell is a date in some format. */
export const isSomeDate = (cell: Cell): boolean =>
  readDate(cell) !== undefined || dateReaders.some((read) => read(cell) !== undefined);
