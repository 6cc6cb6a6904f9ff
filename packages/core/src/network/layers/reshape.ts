import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { has } from '../../checks/show.ts';
import { ops } from '../../program/ops/index.ts';
import { type Shape, shapeText, sizeOf } from '../shape.ts';
import { unchanged } from './at-each-position.ts';
import { wholeList } from './axes.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const reshapeOptions = defineOptions('reshape', {
  /** Shape of a row, such as [4, 16]; one axis may be -1, which is then as long as the numbers of a row make it. */
  shape: required(wholeList),
});

/** Options of a reshape. */
export interface ReshapeOptions extends OptionsOf<typeof reshapeOptions.table>, Named {}

/** The numbers of a row in another shape, the last axis varying fastest. Moves no number. */
export function reshape(options: ReshapeOptions, { input }: LayerContext): Layer {
  const { shape } = reshapeOptions.read(options);
  const size = sizeOf(input);
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const out = shape.map((extent) => (extent === -1 ? size / known : extent));
  if (shape.some((extent) => extent < 1 && extent !== -1) || sizeOf(out) !== size || !out.every(Number.isInteger)) {
    const expected = `expected a shape of ${size} numbers, with at most one axis of -1`;
    throw new OptionError('reshape', 'shape', `${has(shape)}, ${expected} (rows have shape ${shapeText(input)})`);
  }
  return viewLayer('reshape', input, out);
}

/** A layer whose outputs are its inputs in another shape. */
export function viewLayer(kind: string, input: Shape, out: Shape): Layer {
  const size = sizeOf(input);
  return {
    label: `${kind}(${input.join('x')}->${out.join('x')})`,
    in: [input],
    out,
    elementwise: true,
    isView: true,
    reads: { x: false, y: false },
    tensors: [],
    forward(y, [x], _parameters, B, { emit }) {
      if (y !== x) emit(ops.copy, y, x, B * size);
    },
    ...(input[0] === out[0] && input.length > 1 && out.length > 1 ? { forwardNext: unchanged(input) } : {}),
    backward([dx], dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      if (dx !== null && dx !== dy) emit(ops.copy, dx, dy, B * size);
    },
  };
}
