import type { LayerSpec, NetworkSpec } from '@gradloom/core';

/** Dense layers of these widths, relu between them. */
export const networkOf = (input: number, widths: readonly number[]): NetworkSpec => ({
  input,
  layers: widths.flatMap((out, l): LayerSpec[] => [
    ...(l === 0 ? [] : [{ kind: 'activation', fn: 'relu' } as const]),
    { kind: 'dense', out, init: 'he-normal' },
  ]),
});

/** `depth` of them with as many inputs as outputs. */
export const squareNet = (depth: number, width: number): NetworkSpec =>
  networkOf(width, new Array<number>(depth).fill(width));

/** Multiply-adds of the matrix products of one row, by product. */
export interface Products {
  readonly y: number; // x W
  readonly dW: number; // xᵀ dy
  readonly dx: number; // dy Wᵀ, which the first layer does not need
}

/** Each of the three products uses every weight once per row. */
export function countProducts({ input, layers }: NetworkSpec): Products {
  let width = input;
  let y = 0;
  let dx = 0;
  for (const layer of layers) {
    if (layer.kind !== 'dense') continue;
    const weights = width * layer.out;
    if (y > 0) dx += weights;
    y += weights;
    width = layer.out;
  }
  return { y, dW: y, dx };
}

/** Multiply-adds of the backward pass divided by those of the forward pass. */
export const ratioOf = ({ y, dW, dx }: Products): number => (dW + dx) / y;
