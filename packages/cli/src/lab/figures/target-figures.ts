import { decimal, percent, showLabel } from '../../terminal/text/format.ts';

/** Figures of one of several targets, in its units. One that does not apply is absent or NaN. */
interface TargetFigures {
  readonly loss: number;
  readonly accuracy?: number | undefined;
  readonly rmse?: number | undefined;
  readonly r2?: number | undefined;
}

const isKnown = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value);

/** Most targets in one line. */
const MAX_BRIEF = 4;

/** 'price RMSE 3.183', 'buys accuracy 97.5 %': what the line of an epoch or a title says of its targets. */
export const briefTargets = (targets: Readonly<Record<string, TargetFigures>> = {}): string[] =>
  Object.entries(targets)
    .slice(0, MAX_BRIEF)
    .flatMap(([name, { accuracy, rmse }]) => {
      if (isKnown(accuracy)) return [`${showLabel(name)} accuracy ${percent(accuracy)}`];
      return isKnown(rmse) ? [`${showLabel(name)} RMSE ${decimal(rmse)}`] : [];
    });

/** 'RMSE 3.183, R² 0.9982', or 'accuracy 97.5 %, loss 0.0432': what tables say of a target. */
export function describeTarget({ loss, accuracy, rmse, r2 }: TargetFigures): string {
  if (isKnown(accuracy)) return `accuracy ${percent(accuracy)}, loss ${decimal(loss)}`;
  if (!isKnown(rmse)) return `loss ${decimal(loss)}`;
  return `RMSE ${decimal(rmse)}${isKnown(r2) ? `, R² ${decimal(r2)}` : ''}`;
}
