import type { Evaluation } from '../../engine/evaluation/evaluate-dataset.ts';

/** A figure of an evaluation, and whether a higher one is better. */
interface Monitor {
  readonly figure: Exclude<keyof Evaluation, 'rows' | 'unanswered' | 'weightedLoss'>;
  readonly isHigherBetter: boolean;
}

/** Figures of the validation set that early stopping can watch. */
export const monitors = {
  'validation-loss': { figure: 'loss', isHigherBetter: false },
  accuracy: { figure: 'accuracy', isHigherBetter: true },
  mae: { figure: 'mae', isHigherBetter: false },
  rmse: { figure: 'rmse', isHigherBetter: false },
  r2: { figure: 'r2', isHigherBetter: true },
} as const satisfies Record<string, Monitor>;

/** Name of a figure that early stopping can watch. */
export type MonitorName = keyof typeof monitors;

/** The loss that decisions use: the training objective, on other rows. */
export const watchedLoss = ({ weightedLoss, loss }: Evaluation): number => weightedLoss ?? loss;

/** The monitored figure, negated if lower is better; -Infinity if it is NaN or there is no evaluation. */
export function scoreOf(monitor: MonitorName, evaluation: Evaluation | undefined): number {
  if (evaluation === undefined) return Number.NEGATIVE_INFINITY;
  const { figure, isHigherBetter } = monitors[monitor];
  const value = (figure === 'loss' ? watchedLoss(evaluation) : evaluation[figure]) ?? Number.NaN;
  if (Number.isNaN(value)) return Number.NEGATIVE_INFINITY;
  return isHigherBetter ? value : -value;
}
