import { createRandom, OptionError, shuffle } from '@gradloom/core';
import { type Dataset, valueMatrix } from '../dataset.ts';
import { sharedArrays } from '../number-types.ts';
import type { ClassOptions } from './options.ts';

/** Position of row i of the n rows of class c, before noise; called in the order of classes and rows. */
type Position = (c: number, i: number, n: number) => readonly [number, number];

/**
 * Points of the plane in classes of equal size (within a row), with normal noise, in random order. The result depends
 * only on name and options. @throws OptionError if a class would have no row.
 */
export function pointClouds(
  name: string,
  { rows, noise, seed, classes }: Required<ClassOptions>,
  positionOf: Position,
): Dataset {
  if (rows < classes) {
    throw new OptionError(name, 'rows', `has ${rows}, expected at least ${classes} (one per class)`);
  }
  const inputs = sharedArrays.float64(rows * 2);
  const targets = sharedArrays.int32(rows);
  const order = Uint32Array.from({ length: rows }, (_, n) => n);
  shuffle(order, createRandom(seed, name, 'order'));
  const random = createRandom(seed, name, 'noise');
  let next = 0;
  for (let c = 0; c < classes; c++) {
    const n = Math.floor(((c + 1) * rows) / classes) - next;
    for (let i = 0; i < n; i++) {
      const row = order[next++];
      const [x, y] = positionOf(c, i, n);
      inputs[row * 2] = x + noise * random.normal();
      inputs[row * 2 + 1] = y + noise * random.normal();
      targets[row] = c;
    }
  }
  return { name, rows, inputs: valueMatrix(inputs, 2), targets: valueMatrix(targets, 1), classes };
}
