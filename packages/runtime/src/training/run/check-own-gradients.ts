import { type Loss, type Network, OptionError, type Pausable } from '@gradloom/core';
import { checkGradientsInTurns, NO_PARTS, reasonOf, targetColumns } from '@gradloom/core/internal';
import type { Dataset } from '../../data/dataset.ts';
import { anyRows } from '../../data/file-rows.ts';
import { gatherRows } from '../../data/gather.ts';
import { gatherTargets } from '../../data/targets.ts';

/** Rows that a check sees. */
const ROWS = 8;

/** Checks the derivatives of the user's own parts on the first rows. @throws OptionError for one that is wrong. */
export function* checkOwnGradients(network: Network, loss: Loss, train: Dataset): Pausable<void> {
  const isOwn = loss.own !== undefined || network.own !== NO_PARTS;
  if (!isOwn) return;
  const rows = Math.min(ROWS, train.rows);
  const x = new Float64Array(rows * network.input);
  gatherRows(x, train.inputs, null, 0, rows, anyRows);
  const t = new Float64Array(rows * targetColumns(network, loss));
  gatherTargets(t, train, targetColumns(network, loss), loss.targets, null, 0, rows, anyRows);
  try {
    yield* checkGradientsInTurns({ network, loss, x, t });
  } catch (error) {
    const reason = reasonOf(error).replace(/^checkGradients: /, '');
    const advice = '(checkGradients: false, or --no-gradient-check, trains all the same)';
    throw new OptionError('train', 'modules', `${reason} ${advice}`, { about: 'the gradient check:', cause: error });
  }
}
