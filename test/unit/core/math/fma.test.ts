import { describe, expect, test } from 'vitest';
import { fma, fmaf } from '../../../../packages/core/src/math/fma.ts';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import { counted } from '../../../support/count.ts';
import { propertySeed } from '../../../support/seed.ts';

interface Format {
  readonly multiplyAdd: typeof fma;
  readonly round: (x: number) => number;
  readonly digits: number;
  /** Exponents of the smallest number and of the greatest power of 2. */
  readonly lowest: number;
  readonly highest: number;
  /** Their product is 2ᵈⁱᵍⁱᵗˢ + 1, in the middle of two numbers. */
  readonly factors: readonly [number, number];
}

const formats: Record<string, Format> = {
  fma: { multiplyAdd: fma, round: (x) => x, digits: 53, lowest: -1074, highest: 1023, factors: [321, 28059810762433] },
  fmaf: { multiplyAdd: fmaf, round: Math.fround, digits: 24, lowest: -149, highest: 127, factors: [97 * 257, 673] },
};

/** x · y + z by integers in units of 2²ˡᵒʷᵉˢᵗ, rounded to the nearest number, of two equally near the even one. */
function exact({ digits, lowest, highest }: Format, x: number, y: number, z: number): number {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return x * y + z;
  if (!Number.isFinite(z)) return z;
  const sum = unitsOf(x, lowest) * unitsOf(y, lowest) + (unitsOf(z, lowest) << BigInt(-lowest));
  if (sum === 0n) return x === 0 || y === 0 ? x * y + z : 0; // -0 + -0 is -0, and all other zeros are +0
  const n = sum < 0n ? -sum : sum;
  const hex = n.toString(16);
  const length = 4 * hex.length + 28 - Math.clz32(Number.parseInt(hex[0], 16));
  const cut = BigInt(Math.max(length - digits, -lowest)); // bits below the last place of a number of this size
  const kept = n >> cut;
  const rest = n - (kept << cut);
  const half = 1n << (cut - 1n);
  const rounded = rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept;
  const power = Number(cut) + 2 * lowest;
  const size = power > highest ? Infinity : Number(rounded) * 2 ** power;
  return Math.sign(Number(sum > 0n) - 0.5) * (size >= 2 ** (highest + 1) ? Infinity : size);
}

/** x in units of 2ˡᵒʷᵉˢᵗ, a whole number for every finite one. */
function unitsOf(x: number, lowest: number): bigint {
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const biased = Number((word >> 52n) & 2047n);
  const fraction = word & 0xfffffffffffffn;
  const integer = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const shift = Math.max(biased, 1) - 1075 - lowest;
  const size = shift < 0 ? integer >> BigInt(-shift) : integer << BigInt(shift);
  return x < 0 ? -size : size;
}

const bits = new DataView(new ArrayBuffer(8));

/** Draws of cases that look for trouble. */
function hardCases(name: string, { round, digits, lowest, highest, factors }: Format) {
  const [ulp, tiniest] = [2 ** (1 - digits), 2 ** lowest];
  const largest = (2 - ulp) * 2 ** highest;
  const middle = Math.floor(lowest / 2);
  const far = Math.floor(highest / 2);
  const random = createRandom(propertySeed, name);
  const sign = () => (random.integer(2) === 0 ? 1 : -1);
  /** In [1, 2), with few digits or all. */
  const fraction = () => {
    const bits = 2 ** (random.integer(2) === 0 ? digits - 1 : random.integer(digits));
    return 1 + Math.floor(random.uniform() * bits) / bits;
  };
  const exponent = (from: number, to: number) => 2 ** (from + random.integer(to - from + 1));
  /** Any number of a size, subnormals among them. */
  const number = (from: number, to: number) => round(sign() * fraction() * exponent(from, to));
  /** (1 + k ulp)(1 - k ulp) is 1 - k² ulp²: half a place beside the summand, but for what a product may lose. */
  const nearMiddle = (from: number, to: number) => {
    const k = random.integer(4) * random.integer(50);
    const place = exponent(from, to);
    const half = sign() * (place * ulp) * (random.integer(3) === 0 ? 1 : 0.5);
    const scale = exponent(-20, 20);
    return [(1 + k * ulp) * half * scale, (1 - k * ulp) / scale, sign() * fraction() * place];
  };
  const special = () =>
    [0, -0, 1, -1, Infinity, -Infinity, Number.NaN, largest, -largest, tiniest, -tiniest, number(lowest, highest)][
      random.integer(12)
    ];
  return {
    'of any size': () => [number(lowest, highest), number(lowest, highest), number(lowest, highest)],
    'of a like size': () => [number(-2, 2), number(-2, 2), number(-3, 3)],
    'at distances at which they just meet': () => [number(0, 1), number(0, 1), number(-2 * digits - 3, digits + 3)],
    'whose product cancels the summand': () => {
      const [x, y] = [number(-far, far), number(-far, far)];
      return [x, y, round(-x * y * (1 + random.integer(3) * ulp))];
    },
    'near the middle of two numbers': () => nearMiddle(-far, far),
    'in the middle by their product': () => {
      const [x, y] = factors.map((factor) => factor * exponent(-10, 10));
      return [sign() * x, sign() * y, random.integer(4) === 0 ? 0 : number(lowest + 9, -30)];
    },
    'with subnormal results': () => [
      number(middle - 15, middle + 25),
      number(middle - 5, middle + 15),
      number(lowest, lowest + 29),
    ],
    'near the middle of two subnormals': () => {
      const k = random.integer(4) * random.integer(250);
      const place = random.integer(2 ** 22) * tiniest;
      return [sign() * (1 + k * ulp) * 2 ** middle, (1 - k * ulp) * 2 ** (lowest - middle - 1), sign() * place];
    },
    'whose product has an error that underflows': () => {
      const from = lowest + 2 * digits + 20;
      if (random.integer(2) === 0) return nearMiddle(from, from + 50);
      const [x, y] = [number(middle, middle + digits), number(middle, middle + digits)];
      return [x, y, random.integer(2) === 0 ? number(lowest, middle) : round(-x * y)];
    },
    'near overflow': () => {
      const place = 2 ** (highest + 1 - digits); // of the largest numbers
      const k = random.integer(3000);
      const summand = largest - random.integer(3) * place;
      return [sign() * (1 + k * ulp) * place, (1 - k * ulp) * exponent(-2, 1), sign() * summand];
    },
    'of which the halves of one overflow': () => {
      const [x, y] = [number(highest - 29, highest), number(-35, 1)];
      return [x, y, random.integer(2) === 0 ? number(highest - 60, highest) : -round(x * y)];
    },
    'of the ends of the range': () => [special(), special(), special()],
  };
}

describe.each(Object.entries(formats))('%s', (name, format) => {
  const { multiplyAdd, round } = format;
  const cases = hardCases(name, format);

  test.each(Object.entries(cases))('of numbers %s is rounded once', (_title, draw) => {
    for (let n = counted(1000, 300_000); n > 0; n--) {
      const [x, y, z] = draw();
      const expected = exact(format, x, y, z);
      const result = multiplyAdd(x, y, z);
      if (!Object.is(result, expected)) throw new Error(`${name}(${x}, ${y}, ${z}) is ${result}, not ${expected}`);
    }
  });

  test('hard cases are such: two roundings give another number', () => {
    const titles = ['near the middle of two numbers', 'near the middle of two subnormals', 'near overflow'] as const;
    for (const title of titles) {
      let differ = 0;
      for (let n = 0; n < 2000; n++) {
        const [x, y, z] = cases[title]();
        if (round(x * y + z) !== multiplyAdd(x, y, z)) differ++;
      }
      expect([title, differ > 20]).toEqual([title, true]);
    }
  });

  test('is NaN where a product or a sum is', () => {
    for (const [x, y, z] of [
      [Infinity, 0, 1],
      [Infinity, 1, -Infinity],
      [Number.NaN, 0, 1],
      [1, 1, Number.NaN],
    ]) {
      expect(multiplyAdd(x, y, z)).toBeNaN();
    }
  });
});

const EPSILON = 2 ** -52;
const TINIEST = 5e-324;
const LARGEST_FLOAT = (2 - 2 ** -23) * 2 ** 127;

// Each is exact by hand, followed by what two roundings would give.
test.each([
  [1 + EPSILON, 1 - EPSILON, -1, -EPSILON * EPSILON], // 0
  [2 ** 27 + 1, 2 ** 27 + 1, -(2 ** 54), 2 ** 28 + 1], // 2²⁸
  [0.1, 10, -1, 2 ** -54], // 0: 0.1 is 2⁻⁵⁴ / 10 too large
  [1e200, 1e200, -Infinity, -Infinity],
  [Number.MAX_VALUE, 2, -Number.MAX_VALUE, Number.MAX_VALUE], // Infinity
  [2 ** 600, 2 ** 600, -1, Infinity],
  [TINIEST, 0.5, TINIEST, 2 * TINIEST], // TINIEST; a tie goes to the even one
  [TINIEST, 0.5, 0, 0],
  [-TINIEST, 0.5, 0, -0],
  [-TINIEST, 0.25, TINIEST, TINIEST],
  [2 ** -1000, 2 ** -1000, 1, 1],
  [2 ** -500, 2 ** -500, -1, -1],
  [2 ** -500, 2 ** -500, -(1 + EPSILON) / 2, -(1 + EPSILON) / 2],
  [1, 2 ** 52 + 1, 0.5, 2 ** 52 + 2], // a tie goes to the even one
  [1, 2 ** 52, 0.5, 2 ** 52],
  [3, 5, -15, 0],
  [-3, 5, 15, 0],
  [0, 5, -0, 0],
  [-0, 5, -0, -0],
])('fma(%d, %d, %d) is %d', (x, y, z, expected) => {
  expect(fma(x, y, z)).toBe(expected);
});

test.each([
  [Infinity, 1, -1, Infinity],
  [-1, Infinity, 1, -Infinity],
  [1, 1, -Infinity, -Infinity],
  [LARGEST_FLOAT, LARGEST_FLOAT, -Infinity, -Infinity],
  [LARGEST_FLOAT, LARGEST_FLOAT, -LARGEST_FLOAT, Infinity],
  [LARGEST_FLOAT, 2, -LARGEST_FLOAT, LARGEST_FLOAT],
  [3, 5, -15, 0],
  [0, 5, -0, 0],
  [-0, 5, -0, -0],
  [2 ** -149, 0.5, 0, 0],
  [-(2 ** -149), 0.5, 0, -0],
  [-(2 ** -149), 2 ** -149, 2 ** -149, 2 ** -149],
])('fmaf(%d, %d, %d) is %d', (x, y, z, expected) => {
  expect(fmaf(x, y, z)).toBe(expected);
});
