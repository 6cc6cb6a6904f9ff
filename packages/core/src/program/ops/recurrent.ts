import { count, defineOps, double, inout, input, operation, output } from '../op.ts';
import { gruBackward, gruForward, lstmBackward, lstmForward } from '../reference/recurrent.ts';

/** The lengths of the rows, the position of the step, and sizes. */
const step = { lengths: double(input('B')), t: count, B: count, T: count, O: count };

/** Steps of gru and lstm. */
export const recurrentOps = defineOps({
  /** One step of a GRU. */
  gruForward: operation(gruForward, {
    y: inout('B', 'T', 'O'),
    h: inout('B', 'O'),
    before: inout('B', 'T', 'O'),
    gates: inout('B', 'T', 3, 'O'),
    byState: inout('B', 'T', 3, 'O'),
    q: input('B', 3, 'O'),
    ...step,
  }),
  /** Gradients of one step of a GRU. */
  gruBackward: operation(gruBackward, {
    dh: inout('B', 'O'),
    dq: output('B', 3, 'O'),
    gates: inout('B', 'T', 3, 'O'),
    byState: inout('B', 'T', 3, 'O'),
    dy: input('B', 'T', 'O'),
    product: input('B', 'O'),
    before: input('B', 'T', 'O'),
    ...step,
  }),
  /** One step of an LSTM. */
  lstmForward: operation(lstmForward, {
    y: inout('B', 'T', 'O'),
    h: inout('B', 'O'),
    c: inout('B', 'O'),
    before: inout('B', 'T', 'O'),
    cells: inout('B', 'T', 'O'),
    gates: inout('B', 'T', 4, 'O'),
    q: input('B', 4, 'O'),
    ...step,
  }),
  /** Gradients of one step of an LSTM. */
  lstmBackward: operation(lstmBackward, {
    dh: inout('B', 'O'),
    dc: inout('B', 'O'),
    dq: output('B', 4, 'O'),
    gates: inout('B', 'T', 4, 'O'),
    dy: input('B', 'T', 'O'),
    product: input('B', 'O'),
    cells: input('B', 'T', 'O'),
    ...step,
  }),
});
