import type { Spread, TrainEvent } from './results.ts';

/** Events of a run, at the most about: a run of more steps tells of stretches of them. */
const REPORTS = 600;

/** Tells of the steps of a run, by stretches whose ends follow from the number of steps alone. */
export interface StepLog {
  /** Notes the steps of a span from `from` on; each stretch that ends among them is told. */
  add(from: number, span: StepSpan): void;
  /** Tells of what is noted and not yet told: what goes on from here has no part of it. */
  close(): void;
  /** Forgets what is noted and not yet told. */
  drop(): void;
}

/** What a span has left in the arena. */
export interface StepSpan {
  readonly first: number; // step
  readonly steps: number;
  readonly losses: Float64Array; // [>= steps]
  readonly norms: Float64Array; // likewise
  readonly rates: Float64Array; // that of step n at n mod its length
}

export function createStepLog(totalSteps: number, emit: (event: TrainEvent) => void): StepLog {
  const every = Math.ceil(totalSteps / REPORTS);
  const [loss, gradientNorm, learningRate] = [createRange(), createRange(), createRange()];
  let first = 0;
  let count = 0;

  function close(): void {
    if (count === 0) return;
    const figures = { loss: loss.end(), gradientNorm: gradientNorm.end(), learningRate: learningRate.end() };
    emit({ type: 'steps', first, step: first + count, ...figures });
    count = 0;
  }

  return {
    add(from, { first: spanFirst, steps, losses, norms, rates }) {
      for (let step = from; step < spanFirst + steps; ) {
        const end = Math.min(spanFirst + steps, step - (step % every) + every);
        if (count === 0) first = step;
        loss.add(losses, step - spanFirst, end - spanFirst);
        gradientNorm.add(norms, step - spanFirst, end - spanFirst);
        const at = step % rates.length;
        const whole = Math.min(rates.length, at + end - step);
        learningRate.add(rates, at, whole);
        learningRate.add(rates, 0, at + end - step - whole);
        count += end - step;
        step = end;
        if (step % every === 0) close();
      }
    },
    close,
    drop() {
      count = 0;
      for (const range of [loss, gradientNorm, learningRate]) range.end();
    },
  };
}

/** Lowest, highest and mean of the values since the last end. */
function createRange() {
  let [low, high, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  return {
    /** Values from place `from` up to `end`. Locals stay in registers: what is kept across calls is boxed at each change. */
    add(values: Float64Array, from: number, end: number): void {
      let [least, most, total] = [low, high, sum];
      for (let k = from; k < end; k++) {
        const value = values[k];
        if (value < least) least = value;
        if (value > most) most = value;
        total += value;
      }
      [low, high, sum] = [least, most, total];
      count += end - from;
    },
    end(): Spread {
      const spread = { low, mean: sum / count, high };
      [low, high, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
      return spread;
    },
  };
}
