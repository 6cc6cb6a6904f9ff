import { type Elements, type Network, OptionError, type Pausable } from '@gradloom/core';
import { findNotFinite } from '@gradloom/core/internal';

/** The starting weights, if they fit the network and are finite. @throws OptionError otherwise. */
export function* checkParameters(
  parameters: Elements, // [P]
  { parameterCount: P }: Network,
): Pausable<Elements> {
  if (parameters.length !== P) {
    const problem = `has length ${parameters.length}, expected ${P} (parameters of the network)`;
    throw new OptionError('train', 'parameters', problem);
  }
  const bad = yield* findNotFinite(parameters);
  if (bad === undefined) return parameters;
  throw new OptionError('train', 'parameters', `has ${parameters[bad]} at ${bad}, expected finite numbers`);
}
