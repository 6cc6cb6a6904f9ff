import type { ops } from '../../../../../packages/core/src/program/ops/index.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';

/** What an operation does, computed once more from docs/numerics.md, in the arithmetic of a type. */
export type Definition<Name extends keyof typeof ops> = (
  A: Arithmetic,
  ...args: Parameters<(typeof ops)[Name]['reference']>
) => void;
