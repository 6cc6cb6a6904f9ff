import { OptionError } from '../../checks/option-error.ts';
import { checkSpecFloat32 } from '../../checks/options/index.ts';
import { show } from '../../checks/show.ts';
import type { ElementType } from '../../math/element-type.ts';
import { optimizerOptions } from './index.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * @throws OptionError if rounding to float32 makes a number of the optimizer invalid, or a factor of the first update
 * infinite.
 */
export function refuseOptimizerBeyondFloats(
  where: string,
  optimizer: Optimizer,
  learningRate: number,
  type: ElementType,
): void {
  if (type === 'float64') return;
  checkSpecFloat32(where, 'optimizer', optimizer.spec, optimizerOptions);
  const hyper = new Float64Array(optimizer.hyperLength);
  optimizer.hyper(hyper, Float64Array.of(learningRate), Float64Array.from(optimizer.initialScalars));
  const overflow = hyper.find((value) => !Number.isFinite(Math.fround(value)));
  if (overflow === undefined) return;
  const problem = `has ${show(learningRate)} in the first step, expected a smaller one`;
  const reason = `(the update then multiplies by ${show(overflow)}, which float32 rounds to ${Math.fround(overflow)})`;
  throw new OptionError(where, 'optimizer.lr', `${problem} ${reason}`, { about: 'the learning rate' });
}
