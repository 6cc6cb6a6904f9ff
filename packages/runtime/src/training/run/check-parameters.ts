import { type Elements, type ElementType, type Network, OptionError, type Pausable } from '@gradloom/core';
import { createElements, findNotFinite, typeOf } from '@gradloom/core/internal';
import { copyArray } from '../../system/turns/arrays.ts';

/**
 * The starting weights in the type of the run, if they fit the network and are finite. The caller's own where they have
 * that type.
 * @throws OptionError otherwise.
 */
export function* checkParameters(
  parameters: Elements, // [P]
  { parameterCount: P }: Network,
  type: ElementType,
): Pausable<Elements> {
  if (parameters.length !== P) {
    const problem = `has length ${parameters.length}, expected ${P} (parameters of the network)`;
    throw new OptionError('train', 'parameters', problem);
  }
  const own = typeOf(parameters) === type ? parameters : createElements(type, P);
  if (own !== parameters) yield* copyArray(own, parameters);
  const bad = yield* findNotFinite(own);
  if (bad === undefined) return own;
  const wanted = Number.isFinite(parameters[bad]) ? `numbers that ${type} can hold` : 'finite numbers';
  throw new OptionError('train', 'parameters', `has ${parameters[bad]} at ${bad}, expected ${wanted}`);
}
