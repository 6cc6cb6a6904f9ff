import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createNumpyNormal } from '../../../../../packages/cli/src/lab/experiments/xor-run.ts';

const fixture: { normals: Record<string, string[]> } = JSON.parse(
  readFileSync(new URL('../../../../fixtures/numpy-normal.json', import.meta.url), 'utf8'),
);

/** A float as Python writes it in hexadecimal: -0x1.8p+3. */
function fromHex(text: string): number {
  const [, sign, whole, digits, exponent] = /^(-?)0x(\d)\.([\da-f]+)p([+-]\d+)$/.exec(text) ?? [];
  const fraction = Number.parseInt(digits, 16) / 16 ** digits.length;
  return (sign === '-' ? -1 : 1) * (Number(whole) + fraction) * 2 ** Number(exponent);
}

/** Distance in units of the last place. */
const ulps = (a: number, b: number): number => Math.abs(a - b) / (2 ** Math.floor(Math.log2(Math.abs(b))) * 2 ** -52);

test('seeds give the normal numbers of NumPy, within two units in the last place', () => {
  for (const [seed, expected] of Object.entries(fixture.normals)) {
    const normal = createNumpyNormal(Number(seed));
    for (const text of expected) expect(ulps(normal(), fromHex(text)), `seed ${seed}`).toBeLessThanOrEqual(2);
  }
});

test('seed 0 gives the bits of NumPy', () => {
  const normal = createNumpyNormal(0);
  expect(fixture.normals['0'].map(() => normal())).toEqual(fixture.normals['0'].map(fromHex));
});
