import {
  activations,
  buildNetwork,
  createInitializer,
  createLoss,
  createSchedule,
  defineActivation,
  defineInitializer,
  defineLoss,
  defineSchedule,
  mathOf,
} from '@gradloom/core';
import { collectParts } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';

const collect = (exports: Readonly<Record<string, unknown>>) => collectParts([{ source: 'parts.js', exports }]);
const cube = {
  part: 'activation',
  name: 'cube',
  apply: (z: number) => z * z * z,
  derivative: (z: number) => 3 * z * z,
};

test('a plain object is a part as the helper makes it, and other exports are left alone', () => {
  const collected = collect({ cube, seven: 7, help: () => 1, list: [1], nothing: null });
  expect(Object.keys(collected.activations)).toEqual(['cube']);
  expect(collected.activations.cube.apply(mathOf('float64'), 2, 0)).toBe(8);
});

test.each<[title: string, exports: Record<string, unknown>, message: string]>([
  ['no part', { a: 1 }, 'parts.js: has no export that is a part, expected one made by defineActivation'],
  ['an unknown family', { a: { part: 'optimizer' } }, 'parts.js: export a has part "optimizer", expected one of'],
  [
    'a name that is taken',
    { a: { ...cube, name: 'relu' } },
    'has the name "relu", expected one that no built-in part has',
  ],
  ['a name like a layer', { a: { ...cube, name: 'dense' } }, 'has the name "dense", expected one that no built-in'],
  ['a name with spaces', { a: { ...cube, name: 'my cube' } }, 'has the name "my cube", expected lower-case words'],
  ['no name', { a: { ...cube, name: undefined } }, 'has the name undefined, expected lower-case words'],
  ['two of a name', { a: cube, b: cube }, 'export b has the name "cube", expected another one (export a of parts.js'],
  [
    'a missing function',
    { a: { ...cube, derivative: 1 } },
    '(activation cube) is incomplete, expected the functions formula, or apply and derivative',
  ],
  [
    'half a loss',
    { a: { part: 'loss', name: 'own', value: () => 1 } },
    'expected the functions formula, or value and derivative, or ofRow',
  ],
  [
    'a loss of unknown targets',
    { a: { part: 'loss', name: 'own', ofRow: () => 1 } },
    'has targets undefined, expected',
  ],
  ['a parameter that is not above 0', { a: { ...cube, alpha: 0 } }, '(activation cube) has alpha 0, expected a number'],
  [
    'an option that is a list',
    { a: { ...cube, options: { k: [] } } },
    'option k has the default [], expected a number',
  ],
  [
    'a layer with an option that names layers',
    { a: { part: 'layer', name: 'own', build: () => ({}), options: { name: 'b' } } },
    'option name has the default "b", expected a number, a text, true or false (under a name other than kind and name)',
  ],
])('%s is refused', (_title, exports, message) => {
  expect(() => collect(exports)).toThrow(message);
});

const tail = defineLoss({
  name: 'tail',
  options: { from: 1, sharp: false },
  value: (y, t, { from, sharp }) => Math.max(0, Math.abs(y - t) - from) * (sharp ? 2 : 1),
  derivative: () => 0,
});

describe('options of a part', () => {
  const collected = collect({ tail });

  test('are its defaults where they are not given', () => {
    const [sums, dy] = [new Float64Array(1), new Float64Array(1)];
    const lossOf = (spec: Parameters<typeof createLoss>[0]): number => {
      createLoss(spec, collected).evaluate(sums, dy, Float64Array.of(5), Float64Array.of(0), 1, 1, 1);
      return sums[0];
    };
    expect([lossOf(tail.spec()), lossOf(tail.spec({ from: 3 })), lossOf(tail.spec({ sharp: true }))]).toEqual([
      4, 2, 8,
    ]);
  });

  test.each<[options: object, message: string]>([
    [{ form: 1 }, 'tail: option "form" is unknown, expected from, sharp (did you mean from?)'],
    [{ from: 'a' }, 'tail: from has "a", expected a number'],
    [{ from: Number.NaN }, 'tail: from has NaN, expected a finite number'],
    [{ sharp: 1 }, 'tail: sharp has 1, expected a boolean such as false'],
  ])('%j is refused', (options, message) => {
    expect(() => createLoss({ kind: 'tail', ...options } as never, collected)).toThrow(message);
  });
});

test('a name that only other modules have is unknown, with both kinds of names', () => {
  expect(() => createLoss('tail' as never)).toThrow('kind has "tail", expected one of mse');
  expect(() => createLoss('tial' as never, collect({ tail }))).toThrow('tail (did you mean tail?)');
  expect(() => buildNetwork({ input: 1, layers: [{ kind: 'cube' as never }] })).toThrow('kind has "cube"');
});

test('an activation may be written in short and in full, and is given in full', () => {
  const collected = collect({
    cube: defineActivation({ name: 'cube', apply: cube.apply, derivative: cube.derivative }),
  });
  const { spec, allLayers } = buildNetwork({ input: 2, layers: [{ kind: 'cube' as never }] }, collected);
  expect(spec.layers).toEqual([{ kind: 'activation', fn: 'cube' }]);
  expect(allLayers[0].layer.label).toBe('cube(2)');
  expect(Object.keys(activations)).not.toContain('cube');
});

test('schedules and initializers take options and a warm-up as the built-in ones do', () => {
  const signs = defineInitializer({
    name: 'signs',
    options: { size: 1 },
    fill: (out, _fanIn, _fanOut, _random, { size }) => void out.fill(size),
  });
  const linear = defineSchedule({ name: 'linear', factor: (step, { totalSteps }) => 1 - step / totalSteps });
  const collected = collect({ signs, linear });
  const out = new Float64Array(2);
  createInitializer(signs.spec({ size: 3 }), collected)(out, 1, 2, {} as never);
  expect([...out]).toEqual([3, 3]);
  const context = { totalSteps: 14, stepsPerEpoch: 1 };
  const { factor, needsTotalSteps } = createSchedule({ kind: 'linear', warmupSteps: 4 } as never, context, collected);
  expect([factor(0, out), factor(4, out), factor(9, out), needsTotalSteps]).toEqual([0.2, 1, 0.5, true]);
});
