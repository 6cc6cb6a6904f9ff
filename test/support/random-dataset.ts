import { createRandom } from '@gradloom/core';
import { type Dataset, datasetFromRows } from '@gradloom/runtime';

/** `rows` rows of normal noise whose class depends on them, so that there is something to learn. */
export function randomDataset({
  rows,
  inputs,
  classes,
  seed = 1,
  spikes = {},
}: {
  rows: number;
  inputs: number;
  classes: number;
  seed?: number;
  spikes?: Readonly<Record<number, number>>; // first input of rows, by row
}): Dataset {
  const random = createRandom(seed, 'random-dataset');
  const x = Array.from({ length: rows }, () => Array.from({ length: inputs }, () => random.normal()));
  const targets = x.map((row) => Math.abs(Math.trunc((row[0] + row[inputs - 1]) * 7)) % classes);
  for (const [row, value] of Object.entries(spikes)) x[Number(row)][0] = value;
  return datasetFromRows({ inputs: x, targets, classes, name: 'random' });
}
