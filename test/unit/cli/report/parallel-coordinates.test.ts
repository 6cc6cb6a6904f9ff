import { expect, test } from 'vitest';
import { parallelCoordinates } from '../../../../packages/cli/src/report/charts/parallel-coordinates.ts';
import type { Drawing } from '../../../../packages/cli/src/report/picture.ts';

/** The points of each path of the picture, in its order. */
function pathsOf(drawing: Drawing): [x: number, y: number][][] {
  const paths = String(drawing.markup).matchAll(/ d="M([^"Z]+)"/g);
  return [...paths].map(([, d]) => d.split('L').map((at) => at.split(',').map(Number) as [number, number]));
}

test('a value stands where it lies between the lowest and the highest of its axis, on a logarithmic one by its logarithm', () => {
  const axes = [
    { name: 'rate', log: true, values: [0.001, 0.1, 0.01] },
    { name: 'width', log: false, values: [10, 30, 25] },
    { name: 'kind', log: false, values: ['sgd', 'adam', 'sgd'] },
  ];
  const [low, high] = [40, 500 - 40]; // the margins
  const along = (share: number) => low + share * (high - low);
  const lines = pathsOf(parallelCoordinates({ axes, marked: [false, false, true] })(500));
  const xs = lines.map((line) => line.map(([x]) => x));
  expect(xs).toHaveLength(3);
  for (const [k, shares] of [
    [0, 0, 0],
    [1, 1, 1],
    [0.5, 0.75, 0],
  ].entries()) {
    for (const [a, share] of shares.entries()) expect(xs[k][a]).toBeCloseTo(along(share), 1);
  }
  // The axes stand below each other, and the marked line is drawn last.
  const ys = lines[2].map(([, y]) => y);
  expect(ys).toEqual([...ys].sort((a, b) => a - b));
});

test('a line has a gap where it has no value, and one value of all stands in the middle', () => {
  const axes = [
    { name: 'rate', log: true, values: [0.1, 0.1] },
    { name: 'width', log: false, values: [null, 4] },
    { name: 'depth', log: false, values: [1, 2] },
  ];
  const lines = pathsOf(parallelCoordinates({ axes, marked: [false, false] })(500));
  expect(lines.map((line) => line.length)).toEqual([2, 3]);
  expect(lines[0][0][0]).toBeCloseTo(250, 1);
});
