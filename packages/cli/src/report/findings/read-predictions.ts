import { type Dataset, evaluateModel, type OutputReader, type TrainResult } from '@gradloom/runtime';
import type { Recipe } from '../../train/recipe.ts';
import type { Predictions } from './findings.ts';

/** Most rows that are kept per output: of more, some at even distances. */
const MOST_POINTS = 400;
/** Outputs that are shown. */
const MOST_OUTPUTS = 4;

/** Predictions and targets of a regression, and the metrics of each output over all rows. Null if rows have classes. */
export async function readPredictions({ sets, values }: Recipe, result: TrainResult): Promise<Predictions | null> {
  const [split, rows] =
    sets.test !== undefined
      ? ['test', sets.test]
      : sets.validation !== undefined
        ? ['validation', sets.validation]
        : ['training', sets.train];
  const { accuracy } = result.test ?? result.validation ?? {};
  if (rows.classes !== null || accuracy !== undefined) return null;
  const { outputs, reader } = predictionReader(rows);
  const evaluation = await evaluateModel(result.spec, result.parameters, rows, {
    loss: result.loss,
    ...(result.parts === undefined ? {} : { parts: result.parts }),
    backend: result.backend.name,
    ...(values.blas === undefined ? {} : { blas: values.blas }),
    threads: result.threads,
    readers: [reader],
  });
  if (evaluation.accuracy !== undefined) return null;
  return { split, rows: rows.rows, outputs: outputs() };
}

function predictionReader({ rows, targets: { columns } }: Dataset): {
  reader: OutputReader;
  outputs: () => Predictions['outputs'];
} {
  const every = Math.ceil(rows / MOST_POINTS);
  const all = Array.from({ length: Math.min(columns, MOST_OUTPUTS) }, () => ({
    points: [] as [number, number][],
    mean: 0,
    total: 0,
    residual: 0,
  }));
  let seen = 0;
  const reader: OutputReader = {
    add(y, t, B, O) {
      for (let n = 0; n < B; n++, seen++) {
        for (const [o, output] of all.entries()) {
          const [actual, predicted] = [t[n * O + o], y[n * O + o]];
          // Welford's update, as in the metric r2.
          const distance = actual - output.mean;
          output.mean += distance / (seen + 1);
          output.total += distance * (actual - output.mean);
          output.residual += (predicted - actual) ** 2;
          if (seen % every === 0 && Number.isFinite(predicted)) output.points.push([actual, predicted]);
        }
      }
    },
  };
  const outputs = () =>
    all.map(({ points, total, residual }) => ({
      points,
      rmse: Math.sqrt(residual / seen),
      r2: total === 0 ? Number.NaN : 1 - residual / total,
    }));
  return { reader, outputs };
}
