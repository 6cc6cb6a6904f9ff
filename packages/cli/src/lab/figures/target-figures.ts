import { decimal, percent } from '../../terminal/text/format.ts';

/** Figures of one of several targets, in its units. One that does not apply is absent or NaN. */
interface TargetFigures {
  readonly loss: number;
  readonly accuracy?: number | undefined;
  readonly rmse?: number | undefined;
  readonly r2?: number | undefined;
}

/** 'RMSE 3.183, R² 0.9982', or 'accuracy 97.5 %, loss 0.0432': what tables say of a target. */
export function describeTarget({ loss, accuracy, rmse, r2 }: TargetFigures): string {
  const isKnown = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value);
  if (isKnown(accuracy)) return `accuracy ${percent(accuracy)}, loss ${decimal(loss)}`;
  if (!isKnown(rmse)) return `loss ${decimal(loss)}`;
  return `RMSE ${decimal(rmse)}${isKnown(r2) ? `, R² ${decimal(r2)}` : ''}`;
}
