import { type Loss, type Network, OptionError, type Pausable } from '@gradloom/core';
import { checkGradientsInTurns, targetColumns } from '@gradloom/core/internal';
import type { Dataset } from '../datasets/dataset.ts';
import { gatherTargets } from '../datasets/targets.ts';

/** Rows that a check sees. */
const ROWS = 8;

/** Checks the derivatives of the user's own parts on the first rows. @throws OptionError for one that is wrong. */
export function* checkOwnGradients(network: Network, loss: Loss, train: Dataset): Pausable<void> {
  const rows = Math.min(ROWS, train.rows);
  const { array, columns, divisor } = train.inputs;
  const x = new Float64Array(rows * columns);
  for (let i = 0; i < x.length; i++) x[i] = array[i] / divisor;
  const t = new Float64Array(rows * targetColumns(network, loss));
  gatherTargets(t, train, targetColumns(network, loss), loss.targets, null, 0, rows);
  try {
    yield* checkGradientsInTurns({ network, loss, x, t });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^checkGradients: /, '') : String(error);
    const advice = '(checkGradients: false, or --no-gradient-check, trains all the same)';
    throw new OptionError('train', 'modules', `${reason} ${advice}`, { about: 'the gradient check:', cause: error });
  }
}
