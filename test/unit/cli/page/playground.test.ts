import { activations, initializers, optimizers } from '@gradloom/core';
import { expect, test } from 'vitest';
import {
  digitOf,
  drawDot,
  drawLine,
  inkOf,
  MAX_PEN_POINTS,
  PAPER,
  penPointAt,
  readStrokes,
  SIDE,
  type Strokes,
  strokesText,
  withPenPoint,
} from '../../../../packages/cli/page/playground/digit-image.ts';
import {
  classesOf,
  drawnPoint,
  noPoints,
  pointsText,
  readCsv,
  readPoints,
  toCsv,
} from '../../../../packages/cli/page/playground/points.ts';
import {
  AUTO,
  commandOf,
  defaults,
  POINTS,
  readSettings,
  writeSettings,
} from '../../../../packages/cli/page/playground/settings.ts';

const choices = {
  data: ['moons', 'xor'],
  activation: Object.keys(activations),
  init: Object.keys(initializers),
  optimizer: Object.keys(optimizers),
  precision: ['float64', 'float32'],
};

test('settings come back from an address, and what is unknown or out of bounds there is replaced', () => {
  const settings = {
    data: 'xor',
    rows: 40,
    noise: 0.25,
    layers: 0,
    units: 32,
    activation: 'gelu',
    init: 'orthogonal',
    optimizer: 'lion',
    rate: 1e-4,
    batch: 'full' as const,
    seed: 4_294_967_295,
    precision: 'float32',
    threads: 8,
  };
  expect(readSettings(`#${writeSettings(settings)}`, choices)).toEqual(settings);
  expect(`${writeSettings(defaults)}`).toBe('');
  expect(readSettings('', choices)).toEqual(defaults);
  expect(readSettings('#data=points&init=auto', choices)).toEqual({ ...defaults, data: POINTS, init: AUTO });
  const hostile = '#data=<b>&activation=__proto__&layers=1e9&units=-3&rate=NaN&batch=&seed=1.6&threads=99&rows=0';
  expect(readSettings(hostile, choices)).toEqual({ ...defaults, layers: 30, units: 1, seed: 2, threads: 8, rows: 1 });
});

test('a command quotes names of files and columns for a shell', () => {
  const file = { name: "a b'c.csv", target: '$(x)', areNumbers: true };
  const command = commandOf({ ...defaults, data: POINTS, layers: 0, batch: 'full' }, 7, file, true);
  expect(command).toContain(`--dataset 'a b'\\''c.csv' --target '$(x)' --targets classes --validation 0 --test 0`);
  expect(command).toContain('--hidden none --activation tanh --optimizer adam --lr 0.02');
  expect(command).toContain('--batch full --seed 0 --steps 7 --backend wasm --threads 1');
  // Where a browser has no fused multiply-add, the terminal does without it too.
  expect(commandOf({ ...defaults, data: POINTS, layers: 0, batch: 'full' }, 7, file, false)).toBe(
    `GRADLOOM_UNFUSED=1 ${command}`,
  );
});

test('drawn points come back from an address and from their file', () => {
  const list = [drawnPoint(-1.5, 1, 'blue'), drawnPoint(0.12345, -0.001, 'orange'), drawnPoint(0.999, -1, 'green')];
  expect(list[1]).toEqual({ x: 0.123, y: -0.001, label: 'orange' });
  expect(readPoints(pointsText(list))).toEqual(list);
  expect(readPoints('')).toEqual([]);
  const whole = pointsText(list);
  for (const text of [
    '9zzzzzz!0',
    '300000',
    '3000000',
    '0zzz000',
    '0000zzz',
    whole.slice(1),
    `${whole}0`,
    `${whole}\n`,
  ]) {
    expect(readPoints(text)).toBeNull();
  }
  const read = readCsv('p.csv', toCsv({ ...noPoints, list }));
  expect(read).toEqual({ list, name: 'p.csv', target: 'class', areNumbers: false, isDrawn: false });
});

test('a file needs two columns of numbers and one of classes', () => {
  const { list, target } = readCsv('a.csv', '\ufeffkind;u;v\r\nyes;1e1;-2\r\n"no";.5;3.\r\n');
  expect([list, target]).toEqual([
    [
      { x: 10, y: -2, label: 'yes' },
      { x: 0.5, y: 3, label: 'no' },
    ],
    'kind',
  ]);
  const numbers = readCsv('b.csv', 'a\tb\tc\n1\t2\t10\n3\t4\t9\n');
  expect([numbers.target, classesOf(numbers)]).toEqual(['c', ['9', '10']]);
  expect(() => readCsv('c.csv', 'a,b\n1,2\n')).toThrow('c.csv has 2 columns, expected 3');
  expect(() => readCsv('c.csv', 'a,b,c\n1,2,x\n')).toThrow('c.csv has 1 rows, expected at least 2');
  expect(() => readCsv('c.csv', 'a,b,c\n1,2,x\n3,4,"y,z"\n')).toThrow('c.csv has 4 cells in row 2, expected 3');
  expect(() => readCsv('c.csv', 'a,b,c\n1,,x\n2,3,y\n')).toThrow('c.csv has 2 columns with words or gaps');
  expect(() => readCsv('c.csv', 'a,b,c\n1,2,\n2,3,y\n')).toThrow('c.csv has no class in row 1');
});

test('a drawn digit comes back from an address, which is bounded, and what is none there is refused', () => {
  const penPoints = [penPointAt(-3, 200), penPointAt(56.4, 10), penPointAt(57, 12.4), penPointAt(112, 0)];
  expect(penPoints[0]).toEqual([0, PAPER]);
  let strokes: Strokes = [];
  for (const [k, point] of penPoints.entries())
    strokes = withPenPoint(strokes, point, k % 3 === 0 ? 'new stroke' : 'last stroke');
  expect(strokes).toEqual([[penPoints[0], penPoints[1]], [penPoints[3]]]); // the third place is close to the second
  expect(readStrokes(strokesText(strokes))).toEqual(strokes);
  expect(readStrokes('')).toEqual([]);
  const ink = new Float64Array(PAPER * PAPER);
  drawLine(ink, [0, 112], [56, 10]);
  drawDot(ink, 112, 0);
  expect(inkOf(strokes)).toEqual(ink);
  for (let k = 0; k < 2 * MAX_PEN_POINTS; k++)
    strokes = withPenPoint(strokes, penPointAt(4 * (k % 9), 50), k % 50 === 0 ? 'new stroke' : 'last stroke');
  expect(strokes.flat()).toHaveLength(MAX_PEN_POINTS);
  expect(strokesText(strokes).length).toBeLessThan(3.1 * MAX_PEN_POINTS);
  expect(readStrokes(strokesText(strokes))).toEqual(strokes);
  const tooMany = `${strokesText(strokes)}.000`;
  for (const text of ['0', '0000', '000..000', '.', '00%', '<b>', '0A0', '9up', tooMany])
    expect(readStrokes(text)).toBeNull();
});

test('a digit is scaled and centred as those of MNIST, wherever and however large it is drawn', () => {
  const drawn = (left: number, top: number, size: number): Float64Array => {
    const ink = new Float64Array(PAPER * PAPER);
    drawLine(ink, [left, top], [left + size, top]);
    drawLine(ink, [left + size, top], [left, top + size]);
    return digitOf(ink) as Float64Array;
  };
  const [a, b] = [drawn(20, 20, 70), drawn(10, 30, 70)];
  // A place may be rounded to either of two points.
  expect(a.reduce((sum, value, p) => sum + Math.abs(value - b[p]), 0)).toBeLessThan(1);
  const [sum, x, y] = a.reduce(
    ([sum, x, y], value, p) => [sum + value, x + value * (p % SIDE), y + value * Math.floor(p / SIDE)],
    [0, 0, 0],
  );
  expect([x / sum, y / sum].map((middle) => Math.abs(middle - 13.5) < 0.5)).toEqual([true, true]);
  const rows = Array.from({ length: SIDE }, (_, row) => a.slice(row * SIDE, (row + 1) * SIDE).some((v) => v > 0.5));
  expect(rows.filter(Boolean).length).toBeGreaterThanOrEqual(19);
  expect(digitOf(new Float64Array(PAPER * PAPER))).toBeNull();
  const dot = new Float64Array(PAPER * PAPER);
  drawDot(dot, 0, PAPER);
  expect(Math.max(...dot)).toBe(1);
});
