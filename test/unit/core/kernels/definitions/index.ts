import type { Kernels } from '../../../../../packages/core/src/program/kernels.ts';
import { FORMULA, type FormulaOp } from '../../../../../packages/core/src/program/ops/formula.ts';
import { referenceKernels } from '../../../../../packages/core/src/program/reference/reference-kernels.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import { activationDefinitions } from './activations.ts';
import * as attention from './attention.ts';
import * as convolutions from './convolutions.ts';
import { formulaDefinition } from './formula.ts';
import * as layers from './layers.ts';
import { lossDefinitions } from './losses.ts';
import * as pools from './pools.ts';
import * as products from './products.ts';
import * as recurrent from './recurrent.ts';
import * as reductions from './reductions.ts';
import * as strided from './strided.ts';
import { updateDefinitions } from './updates.ts';
import * as vectors from './vectors.ts';

type AnyDefinition = (A: Arithmetic, ...args: never[]) => void;

/** Operations computed once more from docs/numerics.md, by the name of the operation, in any arithmetic. */
export const definitions: Readonly<Record<string, AnyDefinition>> = {
  ...products,
  ...convolutions,
  ...vectors,
  ...strided,
  ...layers,
  ...pools,
  ...recurrent,
  ...reductions,
  ...attention,
  ...activationDefinitions,
  ...updateDefinitions,
  ...lossDefinitions,
};

/** What computes by the definitions alone. */
export const definitionKernels = (A: Arithmetic): Kernels => ({
  ...referenceKernels,
  bind({ op, args }) {
    if (op.name === FORMULA) {
      const { formula } = op as unknown as FormulaOp;
      return () => formulaDefinition(A, formula, args);
    }
    if (!Object.hasOwn(definitions, op.name)) return null;
    return () => definitions[op.name](A, ...(args as never[]));
  },
});
