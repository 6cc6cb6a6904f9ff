import type { ElementType } from '../../packages/core/src/math/element-type.ts';
import { fma } from '../../packages/core/src/math/fma.ts';
import { mathOf, type RealMath } from '../../packages/core/src/math/real-math.ts';

/** Operations on one number type, each rounded once. */
export interface Arithmetic extends Pick<RealMath, 'exp' | 'expm1' | 'log' | 'log1p' | 'tanh' | 'erf' | 'sigmoid'> {
  /** The nearest number of the type to a double. */
  of(x: number): number;
  add(a: number, b: number): number;
  sub(a: number, b: number): number;
  mul(a: number, b: number): number;
  /** a · b + c, rounded once. */
  fma(a: number, b: number, c: number): number;
  div(a: number, b: number): number;
  sqrt(a: number): number;
  /** 0 below the smallest number that is kept: 2⁻⁹³⁰ for doubles, 2⁻¹⁰⁰ for floats. */
  flush(x: number): number;
}

const flushBelow = (least: number) => (x: number) => (Math.abs(x) < least ? 0 : x);

/** Doubles use JavaScript's operations. Floats use integers of any size, rounded once, independent of doubles. */
export const arithmetics: Record<ElementType, Arithmetic> = {
  float64: {
    ...mathOf('float64'),
    of: (x) => x,
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    fma,
    div: (a, b) => a / b,
    sqrt: (a) => Math.sqrt(a),
    flush: flushBelow(2 ** -930),
  },
  float32: {
    ...mathOf('float32'),
    of: (x) => (isOrdinary(x) ? nearest(exactly(x)) : x),
    add: (a, b) => sumOf(a, b),
    sub: (a, b) => sumOf(a, -b),
    mul(a, b) {
      if (!isOrdinary(a) || !isOrdinary(b)) return a * b;
      return nearest(product(exactly(a), exactly(b)));
    },
    fma(a, b, c) {
      if (!isOrdinary(a) || !isOrdinary(b)) return a * b + c;
      const exact = product(exactly(a), exactly(b));
      return isOrdinary(c) ? nearest(sum(exact, exactly(c))) : c === 0 ? nearest(exact) : c;
    },
    div(a, b) {
      if (!isOrdinary(a) || !isOrdinary(b)) return a / b;
      const [x, y] = [exactly(a), exactly(b)];
      const m = (x.m << 100n) / y.m; // of the cut-off rest only whether it is 0 matters
      const rest = m * y.m === x.m << 100n ? 0n : m < 0n ? -1n : 1n;
      return nearest({ m: 2n * m + rest, e: x.e - y.e - 101 });
    },
    sqrt(a) {
      if (!isOrdinary(a) || a < 0) return Math.sqrt(a);
      const { m, e } = exactly(a);
      const odd = Math.abs(e % 2);
      const square = m << BigInt(100 + odd);
      const root = rootOf(square);
      return nearest({ m: root * root === square ? 2n * root : 2n * root + 1n, e: (e - odd - 100) / 2 - 1 });
    },
    flush: flushBelow(2 ** -100),
  },
};

/** The number m · 2ᵉ. */
interface Exact {
  readonly m: bigint;
  readonly e: number;
}

const isOrdinary = (x: number): boolean => Number.isFinite(x) && x !== 0;

const view = new DataView(new ArrayBuffer(8));

/** A finite double as an exact number. */
function exactly(x: number): Exact {
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const m = exponent === 0 ? fraction : fraction | 0x10000000000000n;
  return { m: x < 0 ? -m : m, e: Math.max(exponent, 1) - 1075 };
}

const product = (x: Exact, y: Exact): Exact => ({ m: x.m * y.m, e: x.e + y.e });

function sum(x: Exact, y: Exact): Exact {
  const e = Math.min(x.e, y.e);
  return { m: (x.m << BigInt(x.e - e)) + (y.m << BigInt(y.e - e)), e };
}

const sumOf = (a: number, b: number): number =>
  isOrdinary(a) && isOrdinary(b) ? nearest(sum(exactly(a), exactly(b))) : a + b;

/** The largest integer whose square is at most n (Newton's iteration from above). */
function rootOf(n: bigint): bigint {
  let root = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** The float nearest to m · 2ᵉ, ties to even; ±Infinity from half a digit above the largest. */
function nearest({ m, e }: Exact): number {
  const size = m < 0n ? -m : m;
  const top = size.toString(2).length - 1 + e; // exponent of its first digit
  const last = Math.max(top - 23, -149); // exponent of the last digit of a float
  let digits: bigint;
  if (last <= e) digits = size << BigInt(e - last);
  else {
    const cut = BigInt(last - e);
    const rest = size & ((1n << cut) - 1n);
    const half = 1n << (cut - 1n);
    digits = size >> cut;
    if (rest > half || (rest === half && (digits & 1n) === 1n)) digits += 1n;
  }
  const value = Number(digits) * 2 ** last;
  const rounded = value >= 2 ** 128 ? Number.POSITIVE_INFINITY : value;
  return m < 0n ? -rounded : rounded;
}
