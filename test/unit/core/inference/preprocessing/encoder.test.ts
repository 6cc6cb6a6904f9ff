import { type Cell, CellError, createEncoder, type EncodingNote, type TablePreprocessing } from '@gradloom/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNumber } from '../../../../../packages/core/src/inference/preprocessing/cell.ts';
import {
  dayText,
  numberInBrackets,
  numberReader,
} from '../../../../../packages/core/src/inference/preprocessing/cell-format.ts';
import { propertySeed } from '../../../../support/seed.ts';

const preprocessing: TablePreprocessing = {
  version: 1,
  columns: [
    { name: 'age', type: 'numeric', center: 40, scale: 10, fill: 38, indicator: true },
    { name: 'member', type: 'boolean', center: 0, scale: 1, fill: 1, indicator: false },
    { name: 'since', type: 'date', center: 18_000, scale: 365, fill: null, indicator: false },
    { name: 'city', type: 'categorical', categories: ['Bonn', 'Köln', '3'], missing: true },
  ],
  target: [{ name: 'left', type: 'classes', labels: ['no', 'yes'] }],
};

const encode = (row: readonly Cell[] | Record<string, Cell>, notes?: EncodingNote[]): number[] => {
  const encoder = createEncoder(preprocessing, (note) => notes?.push(note));
  const x = new Float64Array(encoder.width).fill(Number.NaN);
  encoder.encode(row, x, 0);
  return [...x];
};

const day = (text: string): number => (Date.parse(text) / 86_400_000 - 18_000) / 365;

test('a row becomes its inputs, by place or by name, from texts or from values', () => {
  const expected = [-1, 0, 1, day('2020-02-29'), 0, 1, 0, 0];
  expect(encode(['30', 'Yes', '2020-02-29', ' Köln '])).toEqual(expected);
  expect(encode({ since: '2020-02-29', city: 'Köln', age: 30, member: true })).toEqual(expected);
  expect(createEncoder(preprocessing).names).toEqual([
    ...['age', 'age is missing', 'member', 'since'],
    ...['city=Bonn', 'city=Köln', 'city=3', 'city is missing'],
  ]);
});

test('a ramp rises from 0 to 1 between its bounds, and a gap has those of its fill', () => {
  const ramps = [-2, 1, 1.5];
  const column = { name: 'n', type: 'numeric', center: 1, scale: 2, fill: 1.25, indicator: true, ramps } as const;
  const encoder = createEncoder({ ...preprocessing, columns: [column] });
  expect(encoder.names).toEqual(['n', 'n is missing', 'n from -2 to 1', 'n from 1 to 1.5']);
  const inputsOf = (cell: Cell): number[] => {
    const x = new Float64Array(encoder.width).fill(Number.NaN);
    encoder.encode([cell], x, 0);
    return [...x];
  };
  expect(inputsOf(null)).toEqual([0.125, 1, 1, 0.5]);
  fc.assert(
    fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (value) => {
      const [scaled, missing, first, second] = inputsOf(value);
      expect([scaled, missing]).toEqual([(value - 1) / 2, 0]);
      expect(-2 + 3 * first + 0.5 * second).toBeCloseTo(Math.min(Math.max(value, -2), 1.5), 12);
      expect(first === 1 || second === 0).toBe(true);
    }),
    { seed: propertySeed },
  );
  for (const [ramps, problem] of [
    [[1, 1], 'ascending'],
    [[1], 'ascending'],
    [[1, Number.NaN], 'finite'],
  ] as const) {
    expect(() => createEncoder({ ...preprocessing, columns: [{ ...column, ramps }] })).toThrow(problem);
  }
});

test('the parts of a date repeat, are side by side where a period ends, and are 0 for a gap', () => {
  const since = { name: 'at', type: 'date', center: 0, scale: 1, fill: 0, indicator: true } as const;
  const columns = [{ ...since, parts: ['hour', 'weekday', 'month'] as const }];
  const encoder = createEncoder({ ...preprocessing, columns });
  const partsOf = (cell: Cell): number[] => {
    const x = new Float64Array(encoder.width).fill(Number.NaN);
    encoder.encode([cell], x, 0);
    return [...x.subarray(2)];
  };
  expect(encoder.names.slice(2)).toEqual(
    ['hour (sine)', 'hour (cosine)', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
      .concat('month (sine)', 'month (cosine)')
      .map((input) => `at ${input}`),
  );
  expect(partsOf(null)).toEqual(Array.from({ length: 11 }, () => 0));
  fc.assert(
    fc.property(fc.date({ min: new Date('1800-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }), (date) => {
      const [hourSine, hourCosine, ...rest] = partsOf(date.toISOString());
      const angle = (date.getUTCHours() / 12 + date.getUTCMinutes() / 720 + date.getUTCSeconds() / 43_200) * Math.PI;
      expect(Math.hypot(hourSine - Math.sin(angle), hourCosine - Math.cos(angle))).toBeLessThan(1e-4);
      expect(rest.slice(0, 7).indexOf(1)).toBe((date.getUTCDay() + 6) % 7);
      expect(rest.slice(0, 7).filter((x) => x === 0).length).toBe(6);
    }),
    { seed: propertySeed },
  );
  const apart = (a: string, b: string, from: number, to: number) =>
    Math.hypot(
      ...partsOf(a)
        .slice(from, to)
        .map((x, i) => x - partsOf(b).slice(from, to)[i]),
    );
  expect(apart('2024-05-01T23:59:00Z', '2024-05-02T00:00:00Z', 0, 2)).toBeLessThan(0.005);
  expect(apart('2019-12-31', '2020-01-01', 9, 11)).toBeLessThan(0.02);
  expect(apart('2019-03-01', '2024-03-01', 9, 11)).toBeLessThan(0.02);
  expect(apart('2019-03-01', '2019-09-01', 9, 11)).toBeGreaterThan(1.9);
});

test('a text longer than any number is none, whatever its characters', () => {
  const long = `0.${'0'.repeat(1198)}`;
  for (const read of [readNumber, numberReader({ decimal: 'point' }), numberReader({ decimal: 'point', unit: '€' })]) {
    expect([read(long), read(`0${long}`)]).toEqual([0, undefined]);
  }
  expect(['(5,- €)', '(5-)', '(–)', '(5.–.–('].map(numberInBrackets)).toEqual([
    '5,- €',
    undefined,
    undefined,
    undefined,
  ]);
});

test('a row of numbers may be a typed array', () => {
  const columns = preprocessing.columns.slice(0, 2);
  const encoder = createEncoder({ ...preprocessing, columns });
  const [x, expected] = [new Float64Array(encoder.width), new Float64Array(encoder.width)];
  encoder.encode([30, 1], expected, 0);
  for (const row of [Float64Array.of(30, 1), Uint8Array.of(30, 1)]) {
    encoder.encode(row, x, 0);
    expect(x).toEqual(expected);
  }
  expect(() => encoder.encode(Float64Array.of(30), x, 0)).toThrow('column "member" is missing in a row of 1 cell');
});

test('a number is the category of its text', () => {
  expect(encode([30, 1, '2020-02-29', 3]).slice(4)).toEqual([0, 0, 1, 0]);
});

test.each([[''], ['NA'], ['k.A.'], ['#N/A'], [' ? '], ['nan'], [null], [undefined], [Number.NaN]])(
  '%o is a gap',
  (gap) => {
    const notes: EncodingNote[] = [];
    expect(encode([gap, gap, '2020-02-29', gap], notes)).toEqual([-0.2, 1, 1, day('2020-02-29'), 0, 0, 0, 1]);
    // Gaps that have an input of their own were there in training.
    expect(notes).toEqual([{ column: 'member', value: null }]);
  },
);

test('an object without the key of a column in which training rows had gaps has a gap there', () => {
  const notes: EncodingNote[] = [];
  const needed = { member: true, since: '2020-02-29' };
  expect(encode({ ...needed, left: 'no', age2: 1 }, notes)).toEqual(encode({ ...needed, age: null, city: null }));
  expect(notes).toEqual([]);
  const columns = preprocessing.columns.map((column) =>
    column.name === 'member' ? { ...column, gaps: true } : column,
  );
  const encoder = createEncoder({ ...preprocessing, columns } as never);
  expect(encoder.encode({ since: '2020-02-29' }, new Float64Array(8), 0)).toBe(8);
});

test('an object in a row has columns, as in the rows of a JSON file', () => {
  const columns = preprocessing.columns.map((column) => ({ ...column, name: `of.${column.name}` }));
  const encoder = createEncoder({ ...preprocessing, columns } as never);
  const x = new Float64Array(encoder.width);
  encoder.encode({ of: { age: 30, member: true, since: '2020-02-29' }, 'of.city': 'Bonn' } as never, x, 0);
  expect([...x]).toEqual(encode([30, true, '2020-02-29', 'Bonn']));
});

test.each(['-', ' -- ', '–', '—', '.', 'N/D', 'ERR', '#VALUE!'])(
  '%o is a gap among numbers, and a word among others',
  (dash) => {
    expect(encode([dash, dash, '2020-02-29', dash])).toEqual([-0.2, 1, 1, day('2020-02-29'), 0, 0, 0, 0]);
  },
);

test('an unknown category is zeros, and is said', () => {
  const notes: EncodingNote[] = [];
  expect(encode([40, 'n', '2020-02-29', 'Trier'], notes).slice(4)).toEqual([0, 0, 0, 0]);
  expect(notes).toEqual([{ column: 'city', value: 'Trier' }]);
});

test('a number outside of the range of the training rows is encoded as others are, and is said', () => {
  const ranges = { age: [18, 90], since: [0, 18_000] } as const;
  const columns = preprocessing.columns.map((column) =>
    column.name === 'age' || column.name === 'since' ? { ...column, range: ranges[column.name] } : column,
  ) as typeof preprocessing.columns;
  const notes: EncodingNote[] = [];
  const encoder = createEncoder({ ...preprocessing, columns }, (note) => notes.push(note));
  const encoded = (row: readonly Cell[]) => {
    const x = new Float64Array(encoder.width);
    encoder.encode(row, x, 0);
    return [...x];
  };
  for (const row of [
    [18, 'y', '1970-01-01', 'Bonn'],
    ['90', 'y', '2019-04-14', '3'],
    [null, 'y', '1999-12-31', '3'],
  ]) {
    expect(encoded(row)).toEqual(encode(row));
  }
  expect(notes).toEqual([]);
  const outside = ['17.5', 'y', '2024-02-29T12:00', 'Bonn'];
  expect(encoded(outside)).toEqual(encode(outside));
  expect(notes).toEqual([
    { column: 'age', value: '17.5', range: ['18', '90'] },
    { column: 'since', value: '2024-02-29', range: ['1970-01-01', '2019-04-14'] },
  ]);
});

test('the day of a date is the one that was read', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0, 0), max: new Date(9998, 0), noInvalidDate: true }), (date) => {
      expect(dayText(date.getTime() / 86_400_000)).toBe(date.toISOString().slice(0, 10));
    }),
    { seed: propertySeed },
  );
});

const refused: [row: readonly Cell[] | Record<string, Cell>, problem: string | RegExp][] = [
  [['3O', 'y', '2020-01-01', ''], 'column "age" has "3O", expected a number'],
  [['0x1f', 'y', '2020-01-01', ''], 'column "age" has "0x1f", expected a number'],
  [['1e400', 'y', '2020-01-01', ''], 'column "age" has "1e400", expected a number'],
  [[Infinity, 'y', '2020-01-01', ''], 'column "age" has Infinity, expected a number'],
  [[true, 'y', '2020-01-01', ''], 'column "age" has true, expected a number'],
  [[1, 'maybe', '2020-01-01', ''], 'column "member" has "maybe", expected true or false'],
  [[1, ['yes'] as never, '2020-01-01', ''], 'column "member" has ["yes"], expected true or false'],
  [[1, 'y', '', ''], 'column "since" has a gap, expected a date'],
  ...[
    '2020-02-30',
    '2021-02-29',
    '1900-02-29',
    '2020-13-01',
    '31/12/2020',
    '2020-01-01T24:00',
    '2020-1-1',
    '2020-01-01T00:00+00:60',
  ].map((date): [readonly Cell[], string] => [
    [1, 'y', date, ''],
    `column "since" has "${date}"${/-13-|-30$|-29$/.test(date) ? ', a day that does not exist' : ''}, expected a date such as`,
  ]),
  [
    [1, 'y', '2020-01-01'],
    'column "city" is missing in a row of 3 cells, expected a row of 4 cells ("age", "member", "since", "city")',
  ],
  [
    [1, 'y', '2020-01-01', '', 1],
    'column "city" is the last, and the row has 5 cells, expected a row of 4 cells ("age", ',
  ],
  [{ age: 1, since: '2020-01-01', city: '' }, 'column "member" is missing, expected a value, or null for a gap'],
  [{ age: 1, member: true, city: '' }, /column "since" is missing, expected a value$/],
  [{ city: 'Bonn' }, 'column "member" is missing, and so is "since", expected a value, or null for a gap'],
  // Not a row of gaps: it has no column of the model.
  [{ rows: [] as never }, 'column "age" is missing, and so are "member", "since", "city", expected a value, or null'],
  [
    { Age: 1, member: 'y', since: '2020-01-01', town: '' },
    'column "Age" is unknown, expected "age", "member", "since", "city" (did you mean age?)',
  ],
  [
    { Age: 1, member: 'y', since: '2020-01-01', city: '' },
    'column "Age" is unknown, expected "age", "member", "since", "city" (did you mean age?)',
  ],
  [
    { age: 1, since: '2020-01-01', left: 'no', height: 2 },
    'column "member" is missing, expected a value, or null for a gap (the row also has "height")',
  ],
];

test.each(refused)('%j is refused', (row, problem) => {
  expect(() => encode(row)).toThrow(CellError);
  expect(() => encode(row)).toThrow(problem);
});

test('a cell that would become no finite number is refused, and one of no text or number is no category', () => {
  const [age, , , city] = preprocessing.columns;
  const { encode: encodeBoth } = createEncoder({
    ...preprocessing,
    columns: [{ ...age, scale: 1e-300 } as never, city],
  });
  const x = new Float64Array(6);
  expect(() => encodeBoth([1e300, 'Bonn'], x, 0)).toThrow(
    'column "age" has 1e+300, expected a smaller number: (value - 40)',
  );
  for (const cell of [{}, ['Bonn'], new Date(0)]) {
    expect(() => encodeBoth([40, cell as never], x, 0)).toThrow(
      /^column "city" has .+, expected text, a number, true, false, or null/,
    );
  }
});

test('a date with a time is days with a fraction, whatever the offset', () => {
  const [, , , noon] = encode([1, 'y', '2024-03-10T12:00:00Z', '']);
  expect(noon).toBe(day('2024-03-10T12:00:00Z'));
  expect(encode([1, 'y', '2024-03-10 14:00:00+02:00', ''])[3]).toBe(noon);
  expect(encode([1, 'y', '2024-03-10T06:30-05:30', ''])[3]).toBe(noon);
});

describe('properties', () => {
  test('every date that Date writes is read as Date reads it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
        const text = new Date(seconds * 1000).toISOString();
        const [, , , x] = encode([1, 'y', text, '']);
        expect(x).toBeCloseTo(day(text), 8);
        expect(encode([1, 'y', text.slice(0, 10), ''])[3]).toBe(day(text.slice(0, 10)));
      }),
      { seed: propertySeed },
    );
  });

  test('text is a number just when it is a decimal that is finite, and then the same as the number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), (value) => {
        expect(encode([String(value), 'y', '2020-01-01', ''])).toEqual(encode([value, 'y', '2020-01-01', '']));
        expect(encode([value, 'y', '2020-01-01', ''])[0]).toBe((value - 40) / 10);
      }),
      { seed: propertySeed },
    );
  });

  test('any cell is encoded as finite numbers or refused with its column', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, undefined, '2020-01-01', 'Bonn', '1e5'),
    );
    fc.assert(
      fc.property(fc.array(cell, { minLength: 3, maxLength: 5 }), (row) => {
        try {
          for (const x of encode(row)) expect(Number.isFinite(x)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(CellError);
          expect(String(error)).toMatch(/^CellError: column "/);
        }
      }),
      { seed: propertySeed },
    );
  });
});
