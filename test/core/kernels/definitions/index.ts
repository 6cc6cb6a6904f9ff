import type { Arithmetic } from '../../../support/arithmetic.ts';
import { activationDefinitions } from './activations.ts';
import * as layers from './layers.ts';
import * as products from './products.ts';
import { updateDefinitions } from './updates.ts';
import * as vectors from './vectors.ts';

type AnyDefinition = (A: Arithmetic, ...args: never[]) => void;

/**
 * Operations computed once more from docs/numerics.md, by the name of the operation, in any arithmetic. Losses are in
 * test/core/losses/orders.test.ts.
 */
export const definitions: Readonly<Record<string, AnyDefinition>> = {
  ...products,
  ...vectors,
  ...layers,
  ...activationDefinitions,
  ...updateDefinitions,
};
