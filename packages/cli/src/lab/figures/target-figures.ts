import { defined } from '../../options/option.ts';
import { decimal, percent, showLabel } from '../../terminal/text/format.ts';

/** Figures of one of several targets, in its units. One that does not apply is absent or NaN. */
interface TargetFigures {
  readonly loss: number;
  readonly accuracy?: number | undefined;
  readonly f1?: number | undefined; // of the second of two classes
  readonly averagePrecision?: number | undefined;
  readonly rmse?: number | undefined;
  readonly r2?: number | undefined;
}

const isKnown = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value);

/** Maximum number of targets in one line. */
const MAX_BRIEF = 4;

/** 'price RMSE 3.183', 'sold F1 0.97': what the line of an epoch or a title says of its targets. */
export const briefTargets = (targets: Readonly<Record<string, TargetFigures>> = {}): string[] =>
  Object.entries(targets)
    .slice(0, MAX_BRIEF)
    .flatMap(([name, { accuracy, f1, rmse }]) => {
      if (isKnown(f1)) return [`${showLabel(name)} F1 ${decimal(f1)}`];
      if (isKnown(accuracy)) return [`${showLabel(name)} accuracy ${percent(accuracy)}`];
      return isKnown(rmse) ? [`${showLabel(name)} RMSE ${decimal(rmse)}`] : [];
    });

/** 'RMSE 3.183, R² 0.9982', or 'accuracy 97.5 %, F1 0.97, loss 0.0432': what tables say of a target. */
export function describeTarget({ loss, accuracy, f1, averagePrecision, rmse, r2 }: TargetFigures): string {
  const parts: string[] = [];
  if (isKnown(accuracy)) parts.push(`accuracy ${percent(accuracy)}`);
  if (isKnown(f1)) parts.push(`F1 ${decimal(f1)}`);
  if (isKnown(averagePrecision)) parts.push(`average precision ${decimal(averagePrecision)}`);
  if (isKnown(accuracy) || !isKnown(rmse)) return [...parts, `loss ${decimal(loss)}`].join(', ');
  return `RMSE ${decimal(rmse)}${isKnown(r2) ? `, R² ${decimal(r2)}` : ''}`;
}

/** The figures of each target with its average precision, where it has one. */
export const withPrecisions = <Figures extends object>(
  targets: Readonly<Record<string, Figures>> = {},
  assessedTargets: readonly { readonly name: string; readonly averagePrecision?: number | undefined }[],
): Readonly<Record<string, Figures & Pick<TargetFigures, 'averagePrecision'>>> =>
  Object.fromEntries(
    Object.entries(targets).map(([target, figures]) => {
      const averagePrecision = assessedTargets.find(({ name }) => name === target)?.averagePrecision;
      return [target, { ...figures, ...defined({ averagePrecision }) }];
    }),
  );
