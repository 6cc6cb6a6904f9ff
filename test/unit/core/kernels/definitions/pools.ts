import type { WindowAxis, WindowGeometry } from '../../../../../packages/core/src/math/windows.ts';
import type { Definition } from './definition.ts';
import { chain, overRows, upTo, write } from './sums.ts';

/** The inputs that the window of output `o` reads along one axis, ascending. */
const window = (o: number, { inputs, kernel, stride, before }: WindowAxis): number[] =>
  upTo(kernel)
    .map((k) => o * stride + k - before)
    .filter((i) => i >= 0 && i < inputs);

/** Images as pools see them: which inputs an output reads, and which outputs read an input. */
function windows(B: number, { height, width, C }: WindowGeometry): { read: number[][]; readBy: number[][] } {
  const [H, V, OH, OV] = [height.inputs, width.inputs, height.outputs, width.outputs];
  const read = upTo(B * OH * OV * C).map((at) => {
    const [n, oy, ox, c] = [
      Math.floor(at / (OH * OV * C)),
      Math.floor(at / (OV * C)) % OH,
      Math.floor(at / C) % OV,
      at % C,
    ];
    const columns = window(ox, width);
    return window(oy, height).flatMap((iy) => columns.map((ix) => ((n * H + iy) * V + ix) * C + c));
  });
  const readBy = upTo(B * H * V * C).map((): number[] => []);
  for (const [o, inputs] of read.entries()) for (const i of inputs) readBy[i].push(o);
  return { read, readBy };
}

/** The first of the largest inputs, or of those that are NaN. */
function indexOfMax(x: ArrayLike<number>, inputs: readonly number[]): number {
  const firstNaN = inputs.find((i) => Number.isNaN(x[i]));
  return firstNaN ?? inputs.reduce((best, i) => (x[i] > x[best] ? i : best));
}

export const maxPoolForward: Definition<'maxPoolForward'> = (_A, y, x, B, geometry) => {
  const { read } = windows(B, geometry);
  write(y, read.length, (o) => x[indexOfMax(x, read[o])]);
};

export const maxPoolBackward: Definition<'maxPoolBackward'> = (A, dx, dy, x, _y, B, geometry) => {
  const { read, readBy } = windows(B, geometry);
  const maxima = read.map((inputs) => indexOfMax(x, inputs));
  write(dx, readBy.length, (i) =>
    chain(
      A,
      readBy[i].filter((o) => maxima[o] === i).map((o) => dy[o]),
    ),
  );
};

export const avgPoolForward: Definition<'avgPoolForward'> = (A, y, x, B, geometry) => {
  const { read } = windows(B, geometry);
  write(y, read.length, (o) =>
    A.div(
      chain(
        A,
        read[o].map((i) => x[i]),
      ),
      A.of(geometry.height.kernel * geometry.width.kernel),
    ),
  );
};

export const avgPoolBackward: Definition<'avgPoolBackward'> = (A, dx, dy, B, geometry) => {
  const { readBy } = windows(B, geometry);
  write(dx, readBy.length, (i) =>
    A.flush(
      A.div(
        chain(
          A,
          readBy[i].map((o) => dy[o]),
        ),
        A.of(geometry.height.kernel * geometry.width.kernel),
      ),
    ),
  );
};

export const globalAvgPoolForward: Definition<'globalAvgPoolForward'> = (A, y, _sums, x, B, R, C) =>
  write(y, B * C, (at) => {
    const [n, c] = [Math.floor(at / C), at % C];
    return A.div(
      overRows(A, 1, 1, R, (p) => x[(n * R + p) * C + c]),
      A.of(R),
    );
  });

export const globalAvgPoolBackward: Definition<'globalAvgPoolBackward'> = (A, dx, dy, B, R, C) =>
  write(dx, B * R * C, (at) => A.flush(A.div(dy[Math.floor(at / (R * C)) * C + (at % C)], A.of(R))));

/** The input that each output of an upsampling repeats. */
const sources = (...[B, H, V, C, FY, FX]: readonly number[]): number[] =>
  upTo(B * H * FY * V * FX * C).map((at) => {
    const [row, ox, c] = [Math.floor(at / (V * FX * C)), Math.floor(at / C) % (V * FX), at % C];
    return (Math.floor(row / FY) * V + Math.floor(ox / FX)) * C + c;
  });

export const upsampleForward: Definition<'upsampleForward'> = (_A, y, x, ...sizes) => {
  const from = sources(...sizes);
  write(y, from.length, (o) => x[from[o]]);
};

export const upsampleBackward: Definition<'upsampleBackward'> = (A, dx, dy, ...sizes) => {
  const [B, H, V, C] = sizes;
  const terms = upTo(B * H * V * C).map((): number[] => []);
  for (const [o, i] of sources(...sizes).entries()) terms[i].push(dy[o]);
  write(dx, terms.length, (i) => chain(A, terms[i]));
};

export const positionSums: Definition<'positionSums'> = (A, db, _sums, dy, B, leafRows, accumulate, R, O) =>
  write(db, O, (o) =>
    A.add(
      accumulate ? db[o] : 0,
      overRows(A, B, leafRows, R, (p) => dy[p * O + o]),
    ),
  );

export const lastPositionForward: Definition<'lastPositionForward'> = (_A, y, x, lengths, B, T, C) =>
  write(y, B * C, (at) => {
    const n = Math.floor(at / C);
    return x[(n * T + Math.min(lengths[n], T) - 1) * C + (at % C)];
  });

export const lastPositionBackward: Definition<'lastPositionBackward'> = (_A, dx, dy, lengths, B, T, C) =>
  write(dx, B * T * C, (at) => {
    const [n, t, c] = [Math.floor(at / (T * C)), Math.floor(at / C) % T, at % C];
    return t === Math.min(lengths[n], T) - 1 ? dy[n * C + c] : 0;
  });

export const sequenceMeanForward: Definition<'sequenceMeanForward'> = (A, y, _sums, x, lengths, B, T, C) =>
  write(y, B * C, (at) => {
    const [n, c] = [Math.floor(at / C), at % C];
    const length = Math.min(lengths[n], T);
    return A.div(
      overRows(A, 1, 1, length, (p) => x[(n * T + p) * C + c]),
      A.of(length),
    );
  });

export const sequenceMeanBackward: Definition<'sequenceMeanBackward'> = (A, dx, dy, lengths, B, T, C) =>
  write(dx, B * T * C, (at) => {
    const [n, t, c] = [Math.floor(at / (T * C)), Math.floor(at / C) % T, at % C];
    const length = Math.min(lengths[n], T);
    return t < length ? A.flush(A.div(dy[n * C + c], A.of(length))) : 0;
  });

export const addRow: Definition<'addRow'> = (A, y, row, B, size) =>
  write(y, B * size, (i) => A.add(y[i], row[i % size]));
