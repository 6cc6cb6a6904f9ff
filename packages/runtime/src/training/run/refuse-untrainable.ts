import { type Network, OptionError, type Pausable } from '@gradloom/core';

/** With a derivative of 0 everywhere, no weight below the activation would change. */
export function* refuseUntrainable({ places }: Network): Pausable<void> {
  for (const { path, layer, spec } of places) {
    yield;
    if (layer.activation === undefined || layer.activation.f.maxSlope > 0 || spec.kind !== 'activation') continue;
    const problem = 'has derivative 0 everywhere, expected an activation with a gradient';
    throw new OptionError('train', `layers.${path}.fn`, problem, { about: `${spec.fn} at layer ${path}` });
  }
}
