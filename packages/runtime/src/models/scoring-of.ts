import { buildNetwork, createLoss, type Model } from '@gradloom/core';
import { createScoring, record, type Scoring, targetPositions } from '@gradloom/core/internal';
import type { Dataset } from '../data/dataset.ts';

/** How the readers of an evaluation score outputs: values in the units of their targets. */
export function scoringOf(model: Model, dataset: Dataset): Scoring {
  const { spec, loss, parts } = record('scoringOf', 'model', model, 'a model');
  const { classes, targets } = record('scoringOf', 'dataset', dataset, 'a dataset');
  const network = buildNetwork(spec, parts?.customParts);
  const areBits =
    classes === null && network.outputs === 1 && targets.array.every((target) => target === 0 || target === 1);
  const trainedOn = createLoss(loss ?? (classes === null ? 'mse' : 'softmax-cross-entropy'), parts?.customParts);
  const R = targetPositions(network, trainedOn);
  return createScoring({ loss: trainedOn, outputs: network.outputs / R, classes, areBits, hasPositions: R > 1 });
}
