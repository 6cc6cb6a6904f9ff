import { OptionError } from '../checks/option-error.ts';
import type { Loss } from '../families/losses/loss.ts';
import type { ElementType } from '../math/element-type.ts';
import type { Network } from './network.ts';

/** 2²⁴: up to here every whole number is a float. */
export const MOST_FLOAT_INDICES = 16777216;

/**
 * @throws OptionError where inputs or targets of a run of floats would be indices that are no floats: those of an
 * embedding with more words, or of more classes, than 2²⁴.
 */
export function refuseInexactIndices(
  where: string,
  { places, output }: Pick<Network, 'places' | 'output'>,
  loss: Pick<Loss, 'targets'> | null, // null: no targets
  type: ElementType,
): void {
  if (type === 'float64') return;
  const refuse = (about: string, length: number): never => {
    const problem = `has ${length}, expected at most ${MOST_FLOAT_INDICES} in float32 (larger indices are no floats)`;
    throw new OptionError(where, 'precision', problem, { about });
  };
  for (const { path, layer, spec } of places) {
    if (spec.kind !== 'embedding' || spec.vocabulary <= MOST_FLOAT_INDICES) continue;
    refuse(`${layer.label} at layer ${path}: vocabulary`, spec.vocabulary);
  }
  if (loss?.targets === 'classes' && output > MOST_FLOAT_INDICES) refuse('the number of classes', output);
}
