import type { Optimizer, UpdateKernel } from '../../families/optimizers/optimizer.ts';
import type { Elements } from '../../math/element-type.ts';
import { count, defineOp, double, functionName, inout, inouts, input, type Op, output, stride } from '../op.ts';
import { averageRows } from '../reference/products.ts';

/** Function name of an optimizer. Its variant with momentum has another name. */
const updateName = ({ name, kernel = name, slots }: Optimizer): string =>
  `${functionName(kernel)}${slots.includes('momentum') ? 'Momentum' : ''}`;

/** Updates n parameters by their mean gradient. */
export const updateOp = (optimizer: Optimizer) =>
  defineOp(
    updateName(optimizer),
    {
      theta: inout('n'),
      g: input('n'),
      state: inouts(countUpdatedSlots(optimizer), 'n'),
      n: count,
      hyper: double(input('H')),
    },
    optimizer.update,
  );

/** Number of state vectors that `update` gets: all but a moving average. */
const countUpdatedSlots = ({ slots, smoothingAt }: Optimizer): number =>
  slots.length - (smoothingAt === undefined ? 0 : 1);

/** `averageRows` and the update by the mean as one operation. The mean is not left in memory. */
export const meanUpdateOp = ({ name, operands, reference: update }: Op<Parameters<UpdateKernel>>) =>
  defineOp(
    `${name}OfMean`,
    {
      square: double(output(1)),
      theta: inout('n'),
      state: operands.state,
      n: count,
      hyper: double(input('H')),
      first: inout('S', 'row'),
      row: stride,
      S: count,
      inverseCount: double(input(1)),
    },
    (
      square: Float64Array,
      theta: Elements,
      state: readonly Elements[],
      n: number,
      hyper: Float64Array,
      first: Elements,
      row: number,
      S: number,
      inverseCount: Float64Array,
    ) => {
      averageRows(square, first, first, S, row, n, inverseCount); // the mean takes the place of the first row
      update(theta, first, state, n, hyper);
    },
  );
