import type { Elements } from '../../math/element-type.ts';
import { ops } from '../../program/ops/index.ts';
import { positionsOf, type Shape, sizeOf } from '../shape.ts';
import type { Layer, Pass } from './layer.ts';
import type { LayerMemory } from './memory.ts';

/** Emits the forward pass of N positions. */
type ForwardAt = (
  y: Elements,
  x: Elements,
  parameters: readonly Elements[],
  N: number,
  pass: Pass,
  memory: LayerMemory,
) => void;

/** The forward passes of a layer that takes each position of rows of `shape` by itself. */
export function atEachPosition(shape: Shape, emitAt: ForwardAt): Pick<Layer, 'forward' | 'forwardNext'> {
  const R = positionsOf(shape);
  const forward: Layer['forward'] = (y, [x], parameters, B, pass, memory) =>
    emitAt(y, x, parameters, B * R, pass, memory);
  if (shape.length < 2) return { forward };
  const innerPositions = R / shape[0];
  return {
    forward,
    forwardNext: (y, [x], parameters, pass, memory) => emitAt(y, x, parameters, pass.n * innerPositions, pass, memory),
  };
}

/** `Layer.forwardNext` of a layer that changes nothing at evaluation. */
export const unchanged =
  (shape: Shape): NonNullable<Layer['forwardNext']> =>
  (y, [x], _parameters, { emit, n }) => {
    if (y !== x) emit(ops.copy, y, x, (n * sizeOf(shape)) / shape[0]);
  };
