import type { Loss } from '../families/losses/loss.ts';
import type { Pausable } from '../math/pausable.ts';
import type { Network } from '../network/network.ts';
import { sizeOf } from '../network/shape.ts';
import { checkActivation } from './check-activation.ts';
import { checkLayer } from './check-layer.ts';
import { checkLoss } from './check-loss.ts';

/** What a check of gradients needs of a run. */
export interface GradientCheck {
  readonly network: Network;
  readonly loss: Loss;
  /** Some rows of the inputs [n, I], and of their targets: doubles, in which a difference has digits, in any run. */
  readonly x: Float64Array;
  readonly t: Float64Array;
}

/**
 * Compares each derivative of a user's own parts, of those that the run uses, with the central difference of its
 * function, in doubles whatever the run computes in; and whether a function gives the same bits twice, and a row those
 * that it gets beside other rows.
 * @throws Error naming the part, the derivative, where it is wrong, and by how much.
 */
export function* checkGradientsInTurns({ network, loss, x, t }: GradientCheck): Pausable<void> {
  const seen = new Set<string>();
  for (const [k, { path, layer, spec }] of network.places.entries()) {
    const { activation } = layer;
    if (activation?.f.own !== undefined && !seen.has(`${activation.f.own} ${activation.alpha}`)) {
      seen.add(`${activation.f.own} ${activation.alpha}`);
      checkActivation(activation.f, activation.alpha);
      yield;
    }
    if (Object.hasOwn(network.own.layers, spec.kind)) {
      const rows = k === 0 ? x : null;
      yield* checkLayer(`${layer.label} at layer ${path}`, layer, sizeOf(layer.in), sizeOf(layer.out), rows);
    }
  }
  if (loss.own !== undefined) yield* checkLoss(loss, t, network.output);
}
