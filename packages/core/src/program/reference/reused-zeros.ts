import { createElements, type Elements, type ElementType } from '../../math/element-type.ts';

const zeros: Record<ElementType, Elements> = { float64: new Float64Array(0), float32: new Float32Array(0) };

/** n zeros, in an array that the next call reuses: a step must leave no garbage. */
export function reusedZeros(type: ElementType, n: number): Elements {
  if (zeros[type].length < n) zeros[type] = createElements(type, n);
  return zeros[type].fill(0, 0, n);
}
