import type { Spread, TrainEvent } from './events.ts';

/** Approximate limit of events in a run: in a longer run each event covers several steps. */
const MAX_REPORTS = 600;

/** Reports the steps of a run in stretches whose ends depend only on the number of steps. */
export interface StepLog {
  /** Adds the steps of a span from step `from`, and reports each stretch that ends among them. */
  add(from: number, span: StepSpan): void;
  /** Reports the remaining steps. The next step begins a new stretch. */
  close(): void;
  /** Discards unreported steps from `step`, the start of an epoch. */
  goBack(step: number): void;
}

/** Losses, norms and learning rates of a span in the arena. */
export interface StepSpan {
  readonly first: number; // first step
  readonly steps: number;
  readonly losses: Float64Array; // [>= steps]
  readonly norms: Float64Array; // [>= steps]
  readonly learningRates: Float64Array; // that of step n at index n mod its length
}

/**
 * Creates the log. With `stepsPerEpoch`, for a run that may go back to the start of its epoch, a stretch in which the
 * newest epoch begins is reported in two parts: the steps before that epoch stay valid when later ones are repeated.
 */
export function createStepLog(
  totalSteps: number,
  emit: (event: TrainEvent) => void,
  stepsPerEpoch: number | null = null,
): StepLog {
  const stepInterval = Math.ceil(totalSteps / MAX_REPORTS);
  let earlier = createPart(); // steps of the open stretch before the newest epoch
  let newest = createPart(); // the other steps

  function close(): void {
    for (const part of [earlier, newest]) if (part.count > 0) emit(part.event());
    [earlier, newest] = [createPart(), createPart()];
  }

  return {
    add(from, span) {
      const end = span.first + span.steps;
      for (let step = from; step < end; ) {
        if (stepsPerEpoch !== null && step % stepsPerEpoch === 0) {
          earlier.addPart(newest);
          newest = createPart();
        }
        const epochEnd = stepsPerEpoch === null ? end : nextMultiple(step, stepsPerEpoch);
        const until = Math.min(end, epochEnd, nextMultiple(step, stepInterval));
        newest.add(step, until, span);
        step = until;
        if (step % stepInterval === 0) close();
      }
    },
    close,
    goBack(step) {
      if (newest.first >= step) newest = createPart();
    },
  };
}

/** The first multiple of `interval` after `step`. */
const nextMultiple = (step: number, interval: number): number => step - (step % interval) + interval;

/** Some consecutive steps. */
interface Part {
  first: number;
  count: number;
  readonly loss: Range;
  readonly gradientNorm: Range;
  readonly learningRate: Range;
  add(first: number, end: number, span: StepSpan): void;
  /** Appends the steps that follow these. */
  addPart(next: Part): void;
  event(): TrainEvent;
}

function createPart(): Part {
  const part: Part = {
    first: 0,
    count: 0,
    loss: createRange(),
    gradientNorm: createRange(),
    learningRate: createRange(),
    add(first, end, { first: spanFirst, losses, norms, learningRates: rates }) {
      if (part.count === 0) part.first = first;
      part.loss.add(losses, first - spanFirst, end - spanFirst);
      part.gradientNorm.add(norms, first - spanFirst, end - spanFirst);
      // The rates are a ring: they may wrap around its end.
      const from = first % rates.length;
      const until = from + end - first;
      part.learningRate.add(rates, from, Math.min(rates.length, until));
      part.learningRate.add(rates, 0, Math.max(0, until - rates.length));
      part.count += end - first;
    },
    addPart(next) {
      if (part.count === 0) part.first = next.first;
      for (const figure of ['loss', 'gradientNorm', 'learningRate'] as const) part[figure].addRange(next[figure]);
      part.count += next.count;
    },
    event: () => ({
      type: 'steps',
      first: part.first,
      step: part.first + part.count,
      loss: part.loss.read(),
      gradientNorm: part.gradientNorm.read(),
      learningRate: part.learningRate.read(),
    }),
  };
  return part;
}

type Range = ReturnType<typeof createRange>;
type Totals = readonly [low: number, high: number, sum: number, count: number];

/** Lowest, highest and mean of some values. */
function createRange() {
  let [low, high, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  return {
    /** Adds values `from` to `end`. Local variables stay in registers; those kept between calls would be boxed. */
    add(values: Float64Array, from: number, end: number): void {
      let [lowest, highest, total] = [low, high, sum];
      for (let k = from; k < end; k++) {
        const value = values[k];
        if (value < lowest) lowest = value;
        if (value > highest) highest = value;
        total += value;
      }
      [low, high, sum] = [lowest, highest, total];
      count += end - from;
    },
    addRange({ totals }: { totals(): Totals }): void {
      const other = totals();
      [low, high] = [Math.min(low, other[0]), Math.max(high, other[1])];
      [sum, count] = [sum + other[2], count + other[3]];
    },
    totals: (): Totals => [low, high, sum, count],
    read: (): Spread => ({ low, mean: sum / count, high }),
  };
}
