import { decimal, duration, percent } from '../../terminal/text/format.ts';
import type { KeyFigure } from '../page.ts';
import type { TrainRun } from './train-run.ts';

/** Key figures: the main metric, its baseline, the loss, the time. */
export function keyFigures({ findings, epochs }: TrainRun): KeyFigure[] {
  if (findings === null) return [];
  const { result, baseline } = findings;
  const last = epochs.at(-1);
  const isTested = !Number.isNaN(result.testLoss);
  const accuracy = isTested ? result.testAccuracy : (last?.validationAccuracy ?? Number.NaN);
  const rmse = isTested ? result.testRmse : (last?.validationRmse ?? Number.NaN);
  const loss = isTested ? result.testLoss : (last?.validationLoss ?? Number.NaN);
  const split = isTested ? 'test' : 'validation';
  const figures: KeyFigure[] = [];
  if (!Number.isNaN(accuracy)) {
    figures.push({ name: `${split} accuracy`, value: percent(accuracy) });
    if (baseline && !Number.isNaN(baseline.accuracy)) {
      figures.push({ name: `baseline: always answering ${baseline.answer}`, value: percent(baseline.accuracy) });
    }
  } else if (!Number.isNaN(rmse)) {
    figures.push({ name: `${split} RMSE`, value: decimal(rmse) });
    if (baseline && !Number.isNaN(baseline.rmse)) {
      figures.push({ name: `baseline: RMSE of always answering ${baseline.answer}`, value: decimal(baseline.rmse) });
    }
  }
  figures.push(
    Number.isNaN(loss)
      ? { name: 'training loss', value: decimal(result.trainLoss) }
      : { name: `${split} loss`, value: decimal(loss) },
    { name: 'training time', value: duration(result.elapsedMs) },
  );
  return figures.filter(({ value }) => value !== 'NaN');
}
