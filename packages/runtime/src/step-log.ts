import type { Spread, TrainEvent } from './results.ts';

/** Events of a run, at the most about: a run of more steps tells of stretches of them. */
const REPORTS = 600;

/** Tells of the steps of a run, by stretches whose ends follow from the number of steps alone. */
export interface StepLog {
  /** Notes step `step`, counted from 0; a stretch that ends with it is told. */
  add(step: number, loss: number, norm: number, rate: number): void;
  /** Tells of what is noted and not yet told: what goes on from here has no part of it. */
  close(): void;
  /** Forgets what is noted and not yet told. */
  drop(): void;
}

export function createStepLog(totalSteps: number, emit: (event: TrainEvent) => void): StepLog {
  const every = Math.ceil(totalSteps / REPORTS);
  const figures = { loss: createRange(), gradientNorm: createRange(), learningRate: createRange() };
  let first = 0;
  let count = 0;

  function close(): void {
    if (count === 0) return;
    const { loss, gradientNorm, learningRate } = figures;
    emit({
      ...{ type: 'steps', first, step: first + count },
      ...{ loss: loss.end(), gradientNorm: gradientNorm.end(), learningRate: learningRate.end() },
    });
    count = 0;
  }

  return {
    add(step, loss, norm, rate) {
      if (count === 0) first = step;
      count++;
      figures.loss.add(loss);
      figures.gradientNorm.add(norm);
      figures.learningRate.add(rate);
      if ((step + 1) % every === 0) close();
    },
    close,
    drop() {
      count = 0;
      for (const range of Object.values(figures)) range.end();
    },
  };
}

/** Lowest, highest and mean of the values since the last end. */
function createRange() {
  let [low, high, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  return {
    add(value: number): void {
      if (value < low) low = value;
      if (value > high) high = value;
      sum += value;
      count++;
    },
    end(): Spread {
      const spread = { low, mean: sum / count, high };
      [low, high, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
      return spread;
    },
  };
}
