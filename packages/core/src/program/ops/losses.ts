import type { Loss } from '../../families/losses/loss.ts';
import type { Elements } from '../../math/element-type.ts';
import { counts, customOpName, defineOp, double, type Emit, functionName, input, number, output } from '../op.ts';

/** Losses of B rows, summed by leaf, and their gradient. Only variants of a loss take a parameter. */
export const lossOp = ({ name, targets, evaluate, customName, variant, formula }: Loss) => ({
  ...defineOp(
    customName === undefined ? functionName(variant?.name ?? name) : customOpName(customName),
    {
      lossSums: double(output('leaves')),
      dy: output('B', 'O'),
      y: input('B', 'O'),
      t: targets === 'classes' ? input('B') : input('B', 'O'),
      ...counts('B', 'leafRows', 'O'),
      ...(variant === undefined ? {} : { parameter: number }),
    },
    evaluate,
  ),
  ...(formula === undefined ? {} : { lossFormula: formula }),
});

/** Emits the call of `lossOp`. */
export function emitLossOf(
  emit: Emit,
  loss: Loss,
  ...args: [lossSums: Float64Array, dy: Elements, y: Elements, t: Elements, B: number, leafRows: number, O: number]
): void {
  const { variant } = loss;
  if (variant === undefined) emit(lossOp(loss), ...args);
  else emit(lossOp(loss), ...args, variant.parameter);
}
