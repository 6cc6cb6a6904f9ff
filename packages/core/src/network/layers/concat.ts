import { OptionError } from '../../checks/option-error.ts';
import { defineOptions, type Named, type OptionsOf } from '../../checks/options/index.ts';
import { type Shape, shapeText } from '../shape.ts';
import { axisOf, axisOption } from './axes.ts';
import { atPosition, emitMoves, neighbours, type RowMoves } from './axis-moves.ts';
import type { Layer } from './layer.ts';
import type { LayerContext } from './layer-context.ts';

export const concatOptions = defineOptions('concat', {
  /** Axis of a row along which the values follow each other; a negative one is counted from the end. @default -1 */
  axis: axisOption(-1),
});

/** Options of a concatenation. */
export interface ConcatOptions extends OptionsOf<typeof concatOptions.table>, Named {}

/**
 * y: the values of `of` one after the other along an axis, `of: ['a', 'b']`. Their other axes are the same. The
 * gradient by each value is its part of dy. A single value is copied, as by `torch.cat`.
 */
export function concat(options: ConcatOptions, { inputs }: LayerContext): Layer {
  const { axis } = concatOptions.read(options);
  const [first] = inputs;
  const a = axisOf('concat', axis, first);
  const withoutAxis = (shape: Shape): string => String(shape.toSpliced(a, 1));
  const other = inputs.find((shape) => shape.length !== first.length || withoutAxis(shape) !== withoutAxis(first));
  if (other !== undefined) {
    const problem = `has values of ${shapeText(first)} and ${shapeText(other)}, expected shapes that differ along axis ${a} alone`;
    throw new OptionError('concat', 'of', problem);
  }
  const starts = inputs.map((_, k) => inputs.slice(0, k).reduce((sum, shape) => sum + shape[a], 0));
  const out = first.with(
    a,
    inputs.reduce((sum, shape) => sum + shape[a], 0),
  );
  /** The moves between a value and its part of the outputs. */
  const forward = inputs.map((shape, k): RowMoves => {
    return { to: out, from: shape, axes: shape.map((n, b) => neighbours(n, b === a ? starts[k] : 0)) };
  });
  const backward = inputs.map((shape, k): RowMoves => {
    return { to: shape, from: out, axes: shape.map((n, b) => neighbours(n, 0, b === a ? starts[k] : 0)) };
  });
  return {
    label: `concat(${inputs.map((shape) => shape[a]).join('+')}->${out[a]})`,
    in: inputs,
    out,
    elementwise: false,
    reads: { x: false, y: false },
    tensors: [],
    forward(y, xs, _parameters, B, { emit }) {
      for (const [k, x] of xs.entries()) emitMoves(emit, y, x, B, forward[k]);
    },
    ...(a > 0
      ? {
          forwardNext(y, xs, _parameters, { emit, n }) {
            for (const [k, x] of xs.entries()) emitMoves(emit, y, x, n, atPosition(forward[k]));
          },
        }
      : {}),
    backward(dxs, dy, _xs, _y, _parameters, _gradients, B, { emit }) {
      for (const [k, dx] of dxs.entries()) if (dx !== null) emitMoves(emit, dx, dy, B, backward[k]);
    },
  };
}
