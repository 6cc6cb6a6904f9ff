import { createRandom } from '@gradloom/core';
import { encodePng } from '@gradloom/runtime/internal';

/** A table as people have it, with the faults that such files have. */
export interface RawFile {
  readonly name: string;
  readonly target: string;
  readonly bytes: Uint8Array;
  /** The cells of its first row, by column. */
  readonly first: Readonly<Record<string, string>>;
}

const two = (value: number): string => String(value).padStart(2, '0');
const round = (value: number, digits = 0): number => Number(value.toFixed(digits));

/** A number with marks: 1038259.5 as 1.038.259,50 or 1,038,259.50. */
function marked(value: number, digits: number, mark: string, decimal: string): string {
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, mark);
  return `${value < 0 ? '-' : ''}${grouped}${fraction === undefined ? '' : decimal + fraction}`;
}

const firstOf = (head: readonly string[], [row]: readonly (readonly string[])[]): Record<string, string> =>
  Object.fromEntries(head.map((name, c) => [name, row[c].replaceAll('"', '')]));

const textOf = (rows: readonly (readonly string[])[], separator: string, end = '\n'): string =>
  rows.map((row) => row.join(separator) + end).join('');

/** Deals the numbers of rows in any order. */
function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, n) => n);
  for (let n = count - 1; n > 0; n--) {
    const other = Math.floor(random() * (n + 1));
    [order[n], order[other]] = [order[other], order[n]];
  }
  return order;
}

const pick = <T>(random: () => number, values: readonly T[]): T => values[Math.floor(random() * values.length)];

/**
 * A German price list: a title, semicolons, decimal commas, points between thousands, units, days first, dashes, rows
 * without a price, UTF-8 with a mark.
 */
export function germanPrices(rows = 400): RawFile {
  const random = createRandom(1).uniform;
  const numbers = shuffled(rows, random);
  const cities = ['München', 'Köln', 'Görlitz', 'Jena'];
  const body = Array.from({ length: rows }, (_, n) => {
    const size = 25 + 200 * random() ** 2;
    const city = pick(random, cities);
    const year = 1900 + Math.floor(125 * random());
    const price = size * (900 + 3000 * (3 - cities.indexOf(city)) * random() ** 0.1) * (1 + (year - 1900) / 400);
    const day = `${two(1 + Math.floor(28 * random()))}.${two(1 + Math.floor(12 * random()))}.${2015 + (n % 10)}`;
    return [
      `A-${100_000 + numbers[n]}`,
      city,
      `${marked(size, 1, '.', ',')} m²`,
      marked(1 + Math.floor(size / 25) / 2, 1, '.', ','),
      n % 17 === 0 ? '-' : String(year),
      day,
      n % 40 === 39 ? '' : `${marked(price, 2, '.', ',')} €`,
    ];
  });
  const head = ['Objekt', 'Ort', 'Wohnfläche', 'Zimmer', 'Baujahr', 'verkauft am', 'Preis'];
  const bytes = Buffer.from(`\ufeffPreisliste, Mai\r\n${textOf([head, ...body], ';', '\r\n')}`);
  return { name: 'Preise.csv', target: 'Preis', bytes, first: firstOf(head, body) };
}

/** Customers of whom 2.3 % leave, with shuffled numbers, names, and sentences. */
export function customers(rows = 30_000): RawFile {
  const random = createRandom(2).uniform;
  const numbers = shuffled(rows, random);
  const plans = ['basic', 'plus', 'family', 'business'];
  const notes = ['called', 'about', 'the', 'bill', 'wants', 'a', 'cheaper', 'plan', 'was', 'friendly', 'and', 'left'];
  const body = Array.from({ length: rows }, (_, n) => {
    const months = Math.floor(72 * random());
    const plan = pick(random, plans);
    const fee = 10 + 15 * plans.indexOf(plan) + round(5 * random(), 2);
    const calls = Math.floor(8 * random() ** 3);
    const risk = 0.006 + (months < 12 && calls > 2 ? 0.25 : 0) + (plan === 'business' ? 0 : 0.004);
    return [
      String(4_000_000 + numbers[n]),
      `${pick(random, ['Ann', 'Bo', 'Cem', 'Dai'])} ${numbers[n].toString(36)}`,
      String(months),
      plan,
      fee.toFixed(2),
      String(calls),
      Array.from({ length: 7 }, () => pick(random, notes)).join(' '),
      random() < risk ? 'yes' : 'no',
    ];
  });
  const head = ['customer', 'name', 'months', 'plan', 'fee', 'calls', 'note', 'churned'];
  const bytes = Buffer.from(textOf([head, ...body], ','));
  return { name: 'customers.csv', target: 'churned', bytes, first: firstOf(head, body) };
}

/** The log of a sensor in the order of time, with twelve-hour times, and -999 and 9999 where it failed. */
export function sensorLog(rows = 3000): RawFile {
  const random = createRandom(3).uniform;
  const body = Array.from({ length: rows }, (_, n) => {
    const hour = n % 24;
    const day = Math.floor(n / 24);
    const date = new Date(Date.UTC(2025, 0, 1 + day));
    const warm = 12 + 8 * Math.sin((2 * Math.PI * (hour - 9)) / 24) + 6 * Math.sin((2 * Math.PI * day) / 365);
    const humid = 60 - warm + 10 * random();
    const half = `${hour % 12 === 0 ? 12 : hour % 12}:00:00 ${hour < 12 ? 'AM' : 'PM'}`;
    return [
      `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}/${date.getUTCFullYear()} ${half}`,
      random() < 0.02 ? '-999' : warm.toFixed(1),
      random() < 0.02 ? '9999' : humid.toFixed(0),
      (1000 + 10 * random()).toFixed(1),
      (0.8 * warm + 0.1 * humid + random()).toFixed(2),
    ];
  });
  const head = ['time', 'temperature', 'humidity', 'pressure', 'load'];
  const bytes = Buffer.from(textOf([head, ...body], ','));
  return { name: 'sensor.csv', target: 'load', bytes, first: firstOf(head, body) };
}

/** The export of a spreadsheet as Unicode text: UTF-16 with a mark, tabs, commas at thousands, times of day. */
export function spreadsheet(rows = 500): RawFile {
  const random = createRandom(4).uniform;
  const body = Array.from({ length: rows }, () => {
    const visits = Math.floor(4000 * random());
    const hour = Math.floor(24 * random());
    const share = random();
    const revenue = visits * (1 + 2 * share) + 50 * random();
    return [
      pick(random, ['Zürich', 'Genève', 'Łódź']),
      marked(visits, 0, ',', '.'),
      `${hour % 12 === 0 ? 12 : hour % 12}:${two(Math.floor(60 * random()))} ${hour < 12 ? 'AM' : 'PM'}`,
      `${(100 * share).toFixed(1)}%`,
      `"$${marked(revenue, 2, ',', '.')}"`,
    ];
  });
  const head = ['city', 'visits', 'opened', 'share', 'revenue'];
  const bytes = Buffer.from(`\ufeff${textOf([head, ...body], '\t', '\r\n')}`, 'utf16le');
  return { name: 'export.txt', target: 'revenue', bytes, first: firstOf(head, body) };
}

/** A file in Latin-1 with pounds, percent signs, spaces between thousands and a target of words. */
export function latin1(rows = 300): RawFile {
  const random = createRandom(5).uniform;
  const body = Array.from({ length: rows }, () => {
    const salary = 18_000 + 60_000 * random() ** 2;
    const rate = 1 + 8 * random();
    const word = salary / 10_000 - rate + random() > 0 ? 'bewilligt' : 'abgelehnt für immer';
    return [
      pick(random, ['Büro', 'Straße', 'Café', 'Lager']),
      `£${marked(salary, 2, '\u00a0', '.')}`,
      `${rate.toFixed(2)} %`,
      pick(random, ['ja', 'nein']),
      word,
    ];
  });
  const head = ['Ort', 'Gehalt', 'Zins', 'Bürge', 'Entscheidung'];
  const bytes = Buffer.from(textOf([head, ...body], ','), 'latin1');
  return { name: 'Antraege.csv', target: 'Entscheidung', bytes, first: firstOf(head, body) };
}

/** A folder of pictures of several sizes, light by day, dark by night; some are grey, and systems left files there. */
export function pictures(count = 40): readonly { readonly path: string; readonly bytes: Uint8Array }[] {
  const random = createRandom(6);
  const images = Array.from({ length: count }, (_, n) => {
    const [width, height] = [9 + (n % 3), 8 + (n % 7)];
    const isLight = n % 2 === 0;
    const channels = n % 5 === 0 ? 1 : 3;
    const pixels = Uint8Array.from(
      { length: width * height * channels },
      () => random.integer(120) + (isLight ? 130 : 0),
    );
    return { path: `${isLight ? 'day' : 'night'}/${n}.png`, bytes: encodePng({ width, height, channels, pixels }) };
  });
  return [
    ...images,
    { path: 'day/Thumbs.db', bytes: Buffer.from('x') },
    { path: '.DS_Store', bytes: Buffer.from('x') },
  ];
}
