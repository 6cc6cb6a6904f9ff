import type { Network } from './network.ts';
import { nameOfLayer } from './placed-layer.ts';
import { shapeText } from './shape.ts';

/** How a message ends where the outputs of a network have positions and should not: '; ...', or nothing. */
export function flattenAdvice({ output, allLayers: places }: Pick<Network, 'output' | 'allLayers'>): string {
  if (output.length === 1) return '';
  const dense = places.find(
    ({ layer, spec }) => layer.in.length > 1 && (spec.kind === 'dense' || spec.kind === 'swiglu'),
  );
  return dense === undefined
    ? '; a flatten or global-avg-pool layer makes one axis of it'
    : `; ${nameOfLayer(dense)} acts on the last axis of ${shapeText(dense.layer.in)}: put a flatten layer before it`;
}
