import type { PointsFile } from './settings.ts';

/** A point of the plane and its class. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/** Points and the file that has them. */
export interface Points extends PointsFile {
  readonly list: readonly Point[];
  readonly isDrawn: boolean; // else from a file
}

/** Names of the classes that a reader can draw, which are the names of their colours. */
export const drawnClasses = ['blue', 'orange', 'green'];

/** Number of decimals of a drawn coordinate. */
const DIGITS = 3;

export const noPoints: Points = { list: [], name: 'points.csv', target: 'class', areNumbers: false, isDrawn: true };

/** A drawn point, from -1 to 1, rounded to the decimals that the address and the file have. */
export const drawnPoint = (x: number, y: number, label: string): Point => ({ x: clip(x), y: clip(y), label });

const clip = (value: number): number => Number(Math.min(1, Math.max(-1, value)).toFixed(DIGITS));

/** Drawn points as a file. */
export const toCsv = ({ list }: Points): string =>
  ['x,y,class', ...list.map(({ x, y, label }) => `${x},${y},${label}`)].map((line) => `${line}\n`).join('');

/** Steps from 0 to 1 of a coordinate in an address. */
const ADDRESS_UNITS = 10 ** DIGITS;

/** Drawn points in an address: for each a digit of its class, and two numbers to the base 36, of three digits. */
export const pointsText = (list: readonly Point[]): string =>
  list
    .map(({ x, y, label }) => {
      const digits = [x, y].map((value) =>
        Math.round((value + 1) * ADDRESS_UNITS)
          .toString(36)
          .padStart(3, '0'),
      );
      return `${drawnClasses.indexOf(label)}${digits.join('')}`;
    })
    .join('');

/** Reads what `pointsText` writes; null for any other text. */
export function readPoints(text: string): readonly Point[] | null {
  const parts = text.match(/.{1,7}/gs) ?? [];
  const points = parts.flatMap((part) => {
    const [, c, ...digits] = /^(\d)([0-9a-z]{3})([0-9a-z]{3})$/.exec(part) ?? [];
    const [x, y] = digits.map((number) => Number.parseInt(number, 36) / ADDRESS_UNITS - 1);
    return Number(c) < drawnClasses.length && x <= 1 && y <= 1 ? [drawnPoint(x, y, drawnClasses[Number(c)])] : [];
  });
  return points.length === parts.length ? points : null;
}

/** Maximum number of rows of a file that is dropped. */
const MAX_ROWS = 5000;

/**
 * The points in a CSV file: two columns of numbers, and one of classes, which is the last if all three are numbers. The
 * reader of the command line would nearly double this page: its parser alone has 14 kB when compressed. So this one
 * takes only files that both read alike.
 * @throws Error that says what the file has and what it should have.
 */
export function readCsv(name: string, text: string): Points {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const separator = [',', ';', '\t'].find((mark) => lines[0]?.includes(mark)) ?? ',';
  const cellsOf = (line: string) => line.split(separator).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
  const [header = [], ...rows] = lines.map(cellsOf);
  const expected = 'a header and rows of two numbers and a class';
  if (header.length !== 3) throw new Error(`${name} has ${header.length} columns, expected 3: ${expected}`);
  if (rows.length < 2) throw new Error(`${name} has ${rows.length} rows, expected at least 2`);
  if (rows.length > MAX_ROWS) throw new Error(`${name} has ${rows.length} rows, expected at most ${MAX_ROWS}`);
  const badRow = rows.findIndex((cells) => cells.length !== 3);
  if (badRow !== -1) throw new Error(`${name} has ${rows[badRow].length} cells in row ${badRow + 1}, expected 3`);
  const isNumber = (cell: string): boolean => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(cell);
  const wordColumns = header.flatMap((_, column) => (rows.every((cells) => isNumber(cells[column])) ? [] : [column]));
  if (wordColumns.length > 1)
    throw new Error(`${name} has ${wordColumns.length} columns with words or gaps, expected ${expected}`);
  const [target = 2] = wordColumns;
  const [xColumn, yColumn] = [0, 1, 2].filter((column) => column !== target);
  const list = rows.map((cells) => ({ x: Number(cells[xColumn]), y: Number(cells[yColumn]), label: cells[target] }));
  const missingLabel = list.findIndex(({ label }) => label === '');
  if (missingLabel !== -1) throw new Error(`${name} has no class in row ${missingLabel + 1}, expected one`);
  return { list, name, target: header[target], areNumbers: wordColumns.length === 0, isDrawn: false };
}

/** The classes of points, in the order of the command line. */
export function classesOf({ list, areNumbers }: Points): string[] {
  const names = [...new Set(list.map(({ label }) => label))];
  return names.sort(areNumbers ? (a, b) => Number(a) - Number(b) : undefined);
}
