import { metrics } from '@gradloom/core';
import type { Dataset, OutputReader, TrainResult } from '@gradloom/runtime';
import { MAX_SHOWN_OUTPUTS, targetNames } from '../../../lab/figures/column-units.ts';
import type { Predictions } from '../../../report/findings/findings.ts';
import type { Recipe } from '../recipe.ts';
import { evaluateResult } from './read-answers.ts';

/** Maximum number of points kept per output, of evenly spaced rows if there are more, and of all outputs together. */
const MAX_POINTS = 400;
const MAX_POINTS_OF_ALL = 1600;

/** Maximum number of rows of an output that are listed for their errors. */
const MAX_WORST = 10;

/** Predictions and targets of a regression, and the metrics of each output over all rows. Null if rows have classes. */
export async function readPredictions(recipe: Recipe, result: TrainResult): Promise<Predictions | null> {
  const { sets } = recipe;
  const heldOutName = (['test', 'validation'] as const).find((name) => sets[name] !== undefined);
  const rows = sets[heldOutName ?? 'train'] ?? sets.train;
  const { accuracy } = result.test ?? result.validation ?? {};
  if (rows.classes !== null || accuracy !== undefined) return null;
  const { outputs, reader } = predictionReader(rows, targetNames(sets.train.preprocessing));
  const evaluation = await evaluateResult(recipe, result, rows, [reader]);
  if (evaluation.accuracy !== undefined) return null;
  return { split: heldOutName ?? 'training', rows: rows.rows, columns: rows.targets.columns, outputs: outputs() };
}

function predictionReader(
  { rows, targets: { columns } }: Dataset,
  names: readonly string[] | null,
): { reader: OutputReader; outputs: () => Predictions['outputs'] } {
  const outputCount = Math.min(columns, MAX_SHOWN_OUTPUTS);
  const stride = Math.ceil(rows / Math.min(MAX_POINTS, MAX_POINTS_OF_ALL / outputCount));
  const outputList = Array.from({ length: names === null ? outputCount : columns }, (_, o) => ({
    name: names?.[o],
    points: [] as [number, number][],
    worst: [] as { row: number; actual: number; predicted: number }[],
    rmse: metrics.rmse(),
    r2: metrics.r2(),
  }));
  let rowsBefore = 0;
  const reader: OutputReader = {
    add(y, t, B, O) {
      for (const [o, { points, worst, rmse, r2 }] of outputList.entries()) {
        const [predictions, targets] = [y, t].map((x) => Float64Array.from({ length: B }, (_, n) => x[n * O + o]));
        for (const metric of [rmse, r2]) metric.add(predictions, targets, B, 1);
        for (let n = 0; n < B; n++) {
          if (o < outputCount && (rowsBefore + n) % stride === 0 && Number.isFinite(predictions[n]))
            points.push([targets[n], predictions[n]]);
          if (o < outputCount) worst.push({ row: rowsBefore + n, actual: targets[n], predicted: predictions[n] });
        }
        keepWorst(worst);
      }
      rowsBefore += B;
    },
  };
  const outputs = () =>
    outputList.map(({ rmse, r2, ...output }) => ({ ...output, rmse: rmse.value(), r2: r2.value() }));
  return { reader, outputs };
}

/** Keeps the rows with the largest errors. A prediction that is no number has no error. */
function keepWorst(rows: { row: number; actual: number; predicted: number }[]): void {
  const errorOf = ({ actual, predicted }: (typeof rows)[number]) => Math.abs(predicted - actual);
  const ranked = rows.filter((row) => Number.isFinite(errorOf(row)));
  ranked.sort((a, b) => errorOf(b) - errorOf(a) || a.row - b.row);
  rows.splice(0, rows.length, ...ranked.slice(0, MAX_WORST));
}
