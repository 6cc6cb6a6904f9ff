import { type Elements, type ElementType, roundingOf, typeOf } from '../../math/element-type.ts';
import { cos, pow, sin } from '../../math/index.ts';

/**
 * Cosines and sines of the angles t · 10000^(-2i / d), computed in doubles and then rounded. Overwrites `table`.
 * [Su et al. 2021, eq. 15](https://arxiv.org/abs/2104.09864)
 */
export function rotaryTable(
  table: Elements, // [T, 2, d / 2] out
  T: number,
  d: number,
): void {
  const type = typeOf(table);
  const cached = tables[type];
  if (cached.T !== T || cached.d !== d) tables[type] = { T, d, values: anglesOf(T, d) };
  table.set(tables[type].values);
}

/** The last table of each type, since a step asks for the same one again and again. */
const tables: Record<ElementType, { T: number; d: number; values: Float64Array }> = {
  float64: { T: 0, d: 0, values: new Float64Array(0) },
  float32: { T: 0, d: 0, values: new Float64Array(0) },
};

function anglesOf(T: number, d: number): Float64Array {
  const half = d / 2;
  const table = new Float64Array(T * d);
  for (let i = 0; i < half; i++) {
    const rate = pow(10_000, (-2 * i) / d);
    for (let t = 0; t < T; t++) {
      table[t * d + i] = cos(t * rate);
      table[t * d + half + i] = sin(t * rate);
    }
  }
  return table;
}

/**
 * Rotates the pairs (i, i + d/2) of the queries and keys of position t by its angles: (a, b) becomes (a · cos - b ·
 * sin, b · cos + a · sin). If `inverse`, by the negative angles. Overwrites them in `qkv`.
 */
export function rotate(
  qkv: Elements, // [B, T, 3, H, d] in and out
  table: Elements, // [T, 2, d / 2], of `rotaryTable`
  B: number,
  T: number,
  H: number,
  d: number,
  inverse: boolean,
): void {
  const round = roundingOf(qkv);
  const half = d / 2;
  for (let p = 0; p < B * T; p++) {
    const angles = (p % T) * d;
    for (let k = 0; k < 2 * H; k++) {
      const head = p * 3 * H * d + k * d;
      for (let i = 0; i < half; i++) {
        const [c, s] = [table[angles + i], inverse ? -table[angles + half + i] : table[angles + half + i]];
        const [a, b] = [qkv[head + i], qkv[head + half + i]];
        qkv[head + i] = round(a * c) - round(b * s);
        qkv[head + half + i] = round(b * c) + round(a * s);
      }
    }
  }
}
