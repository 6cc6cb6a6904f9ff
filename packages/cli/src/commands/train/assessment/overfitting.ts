import type { TrainResult } from '@gradloom/runtime';
import { whole } from '../../../terminal/text/format.ts';
import { lossUnitOf } from '../epoch-text.ts';
import type { Recipe } from '../recipe.ts';

/** Held-out rows have this many times the loss of the training rows, and more by this share of the first loss. */
const OVERFIT_FACTOR = 3;
const OVERFIT_SHARE = 0.2;

/** A sentence on a network that answers its training rows far better than others. */
export function overfittingRemarks(
  recipe: Recipe,
  { epochLosses, trainLoss, validation, test }: TrainResult,
): string[] {
  const heldOut = validation ?? test;
  if (heldOut === undefined || epochLosses.length < 2) return [];
  const isOverfit =
    heldOut.loss > OVERFIT_FACTOR * trainLoss && heldOut.loss - trainLoss > OVERFIT_SHARE * epochLosses[0];
  if (!isOverfit) return [];
  const { train } = recipe.sets;
  const { columns } = train.inputs;
  const unit = lossUnitOf(recipe);
  const inputs = columns > train.rows ? `${whole(columns)} inputs for ${whole(train.rows)} rows; ` : '';
  const rows = `its ${unit.name} is ${unit.text(trainLoss)} on training rows and ${unit.text(heldOut.loss)} on ${validation ? 'validation' : 'test'} rows`;
  return [`the network overfits: ${rows} (${inputs}more rows, --patience, --dropout or a smaller --hidden may help)`];
}
