import { expect, test } from 'vitest';
import { fmaf } from '../../../../packages/core/src/math/fma.ts';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import { counted } from '../../../support/count.ts';
import { propertySeed } from '../../../support/seed.ts';

const TINIEST = 2 ** -149;
const MOST = (2 - 2 ** -23) * 2 ** 127;
const ULP = 2 ** -23;

/** x · y + z by integers, in units of 2⁻²⁹⁸, rounded to the nearest float, of two equally near the even one. */
function exact(x: number, y: number, z: number): number {
  const sum = unitsOf(x) * unitsOf(y) + (unitsOf(z) << 149n);
  const n = sum < 0n ? -sum : sum;
  const length = n === 0n ? 0 : n.toString(2).length;
  const cut = BigInt(Math.max(length - 24, 149)); // bits below the last place of a float of this size
  const kept = n >> cut;
  const rest = n - (kept << cut);
  const half = 1n << (cut - 1n);
  const rounded = rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
  const power = Number(cut) - 298;
  const size = Number(rounded) * 2 ** Math.min(power, 200); // a power of 2 of at most 1,000: beyond, it is infinite
  const float = size >= 2 ** 128 ? Infinity : size;
  return sum < 0n ? -float : float;
}

/** x in units of 2⁻¹⁴⁹, a whole number for every float. */
function unitsOf(x: number): bigint {
  bits.setFloat32(0, x);
  const word = bits.getUint32(0);
  const biased = (word >>> 23) & 255;
  const fraction = BigInt(word & 0x7fffff);
  const size = biased === 0 ? fraction : (fraction | 0x800000n) << BigInt(biased - 1);
  return x < 0 ? -size : size;
}

const bits = new DataView(new ArrayBuffer(4));

const random = createRandom(propertySeed, 'fmaf');
const fraction = () => 1 + random.integer(2 ** 23) * ULP; // in [1, 2)
const sign = () => (random.integer(2) === 0 ? 1 : -1);
const exponent = (from: number, to: number) => 2 ** (from + random.integer(to - from + 1));
/** Any float of a size, subnormals among them. */
const float = (from: number, to: number) => Math.fround(sign() * fraction() * exponent(from, to));

/** Cases that look for trouble. */
const hard: Record<string, () => [number, number, number]> = {
  'of any size': () => [float(-149, 127), float(-149, 127), float(-149, 127)],
  'of a like size': () => [float(-2, 2), float(-2, 2), float(-3, 3)],
  'whose product cancels the summand': () => {
    const [x, y] = [float(-60, 60), float(-60, 60)];
    return [x, y, Math.fround(-x * y)];
  },
  // (1 + k ulp)(1 - k ulp) is 1 - k² ulp²: half a place beside the summand, but for what a double may lose.
  'near the middle of two floats': () => {
    const k = random.integer(4) * random.integer(50);
    const place = exponent(-70, 100);
    const half = sign() * (place * ULP) * (random.integer(3) === 0 ? 1 : 0.5);
    const scale = exponent(-20, 20);
    return [(1 + k * ULP) * half * scale, (1 - k * ULP) / scale, sign() * fraction() * place];
  },
  // 2²⁴ + 1 has factors of few bits; what is added is far below its last place.
  'in the middle by their product': () => {
    const [x, y] = [97 * 257, 673].map((factor) => factor * exponent(-10, 10));
    return [sign() * x, sign() * y, random.integer(4) === 0 ? 0 : float(-140, -30)];
  },
  'with subnormal results': () => [float(-90, -50), float(-80, -60), float(-149, -120)],
  'near the middle of two subnormals': () => {
    const k = random.integer(1000);
    const half = TINIEST * 2 ** 74;
    return [sign() * (1 + k * ULP) * half, (1 - k * ULP) * 2 ** -75, sign() * random.integer(2 ** 22) * TINIEST];
  },
  'near overflow': () => {
    const place = 2 ** 104; // of the largest floats
    const k = random.integer(3000);
    return [
      sign() * (1 + k * ULP) * place,
      (1 - k * ULP) * exponent(-2, 1),
      sign() * (MOST - random.integer(3) * place),
    ];
  },
};

test.each(Object.entries(hard))('fmaf of numbers %s is rounded once', (_name, draw) => {
  for (let n = counted(20_000, 400_000); n > 0; n--) {
    const [x, y, z] = draw();
    const wanted = exact(x, y, z);
    const is = fmaf(x, y, z);
    // A sum of 0 has the sign that the operations give it.
    if (!(is === wanted)) throw new Error(`fmaf(${x}, ${y}, ${z}) is ${is}, expected ${wanted}`);
  }
});

test('hard cases are such: two roundings give another float', () => {
  for (const name of ['near the middle of two floats', 'near the middle of two subnormals', 'near overflow']) {
    let differ = 0;
    for (let n = 0; n < 2000; n++) {
      const [x, y, z] = hard[name]();
      if (Math.fround(x * y + z) !== fmaf(x, y, z)) differ++;
    }
    expect([name, differ > 20]).toEqual([name, true]);
  }
});

test.each([
  [Infinity, 1, -1, Infinity],
  [-1, Infinity, 1, -Infinity],
  [1, 1, -Infinity, -Infinity],
  [MOST, MOST, -Infinity, -Infinity],
  [MOST, MOST, -MOST, Infinity],
  [MOST, 2, -MOST, MOST],
  [3, 5, -15, 0],
  [0, 5, -0, 0],
  [-0, 5, -0, -0],
  [TINIEST, 0.5, 0, 0],
  [-TINIEST, 0.5, 0, -0],
  [-TINIEST, TINIEST, TINIEST, TINIEST],
])('fmaf(%d, %d, %d) is %d', (x, y, z, wanted) => {
  expect(fmaf(x, y, z)).toBe(wanted);
});

test.each([
  [Infinity, 0, 1],
  [Infinity, 1, -Infinity],
  [Number.NaN, 0, 1],
  [1, 1, Number.NaN],
])('fmaf(%d, %d, %d) is NaN', (x, y, z) => {
  expect(fmaf(x, y, z)).toBeNaN();
});
