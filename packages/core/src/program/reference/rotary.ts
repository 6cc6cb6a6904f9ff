import { type Elements, type ElementType, roundingOf, typeOf } from '../../math/element-type.ts';
import { cos, pow, sin } from '../../math/index.ts';

/**
 * Cosines and sines of the angles t · r(i), computed in doubles and then rounded. The rate r(i) = theta^(-2i / d) has
 * n = context · r / 2π turns in `context` positions. It is r / factor if n is at most `low`, r if n is at least `high`,
 * and between them their mean with the weight w = (n - low) / (high - low) of r. Overwrites `table`.
 * [Su et al. 2021, eq. 15](https://arxiv.org/abs/2104.09864); the factor as in Llama 3.1
 */
export function rotaryTable(
  table: Elements, // [T, 2, d / 2] out
  T: number,
  d: number,
  theta: number,
  factor: number,
  low: number,
  high: number,
  context: number,
): void {
  const rates = [theta, factor, low, high, context] as const;
  const type = typeOf(table);
  const key = `${[T, d, ...rates]}`;
  if (tables[type].key !== key) tables[type] = { key, values: anglesOf(T, d, rates) };
  table.set(tables[type].values);
}

/** The parameters of rotary angles: see `rotaryTable`. */
export type RotaryRates = readonly [theta: number, factor: number, low: number, high: number, context: number];

/** The last table of each type, since a step asks for the same one again and again. */
const tables: Record<ElementType, { key: string; values: Float64Array }> = {
  float64: { key: '', values: new Float64Array(0) },
  float32: { key: '', values: new Float64Array(0) },
};

const TWO_PI = 6.283185307179586;

function anglesOf(T: number, d: number, [theta, factor, low, high, context]: RotaryRates): Float64Array {
  const half = d / 2;
  const table = new Float64Array(T * d);
  for (let i = 0; i < half; i++) {
    const whole = pow(theta, (-2 * i) / d);
    const turns = (context * whole) / TWO_PI;
    const weight = turns <= low ? 0 : turns >= high ? 1 : (turns - low) / (high - low);
    const rate = factor === 1 ? whole : (1 - weight) * (whole / factor) + weight * whole;
    for (let t = 0; t < T; t++) {
      table[t * d + i] = cos(t * rate);
      table[t * d + half + i] = sin(t * rate);
    }
  }
  return table;
}

/**
 * Rotates the pairs (i, i + d/2) of the first H heads of position t, queries and keys, by its angles: (a, b) becomes
 * (a · cos - b · sin, b · cos + a · sin). If `inverse`, by the negative angles. Overwrites them in `qkv`.
 */
export function rotate(
  qkv: Elements, // [B, T, step] in and out
  table: Elements, // [T, 2, d / 2], of `rotaryTable`
  B: number,
  T: number,
  H: number,
  d: number,
  step: number,
  inverse: boolean,
): void {
  const round = roundingOf(qkv);
  const half = d / 2;
  for (let p = 0; p < B * T; p++) {
    const angles = (p % T) * d;
    for (let k = 0; k < H; k++) {
      const head = p * step + k * d;
      for (let i = 0; i < half; i++) {
        const [c, s] = [table[angles + i], inverse ? -table[angles + half + i] : table[angles + half + i]];
        const [a, b] = [qkv[head + i], qkv[head + half + i]];
        qkv[head + i] = round(a * c) - round(b * s);
        qkv[head + half + i] = round(b * c) + round(a * s);
      }
    }
  }
}
