import { buildNetwork, createLoss, metrics } from '@gradloom/core';
import { columnsOfRows, createScoring, type HeadTask, hasHeads, headTasks, scoreInto } from '@gradloom/core/internal';
import type { TrainResult } from '@gradloom/runtime';
import { headsOfDataset } from '@gradloom/runtime/internal';
import { evaluateResult } from '../findings/read-answers.ts';
import type { Recipe } from '../recipe.ts';

/**
 * Average precision on held-out rows of the second class of each of several targets with two classes, by name. It needs
 * all rows in order, and so is measured once, for all targets together.
 */
export async function averagePrecisions(recipe: Recipe, result: TrainResult): Promise<ReadonlyMap<string, number>> {
  const { sets } = recipe;
  const rows = sets.test ?? sets.validation;
  if (rows === undefined || !hasHeads(result.loss)) return new Map();
  const loss = createLoss(result.loss, result.parts?.customParts);
  const tasks = headTasks(buildNetwork(result.spec, result.parts?.customParts), loss) ?? [];
  const heads = headsOfDataset(rows) ?? [];
  const isBinary = ({ name, positions, loss }: HeadTask): boolean =>
    positions === 1 && loss.targets !== 'none' && heads.find((head) => head.name === name)?.classes === 2;
  const width = tasks.reduce((sum, { targetColumns }) => sum + targetColumns, 0);
  const labels = tasks.filter(isBinary).map(({ name, loss, start, size, targetStart, targetColumns }) => {
    const metric = metrics['pr-auc']({ targets: 'values' });
    const add = scoreInto(createScoring({ loss, outputs: size, classes: 2, areBits: false }), [metric]);
    return {
      name,
      metric,
      add: (y: Float64Array, t: Float64Array, B: number, O: number) =>
        add(columnsOfRows(y, B, O, start, size), columnsOfRows(t, B, width, targetStart, targetColumns), B, size),
    };
  });
  if (labels.length > 0) await evaluateResult(recipe, result, rows, labels);
  return new Map(labels.map(({ name, metric }) => [name, metric.value()]));
}
