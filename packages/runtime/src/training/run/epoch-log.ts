import { option, viewOf } from '@gradloom/core/internal';
import type { RunArrays } from '../checkpoints/checkpoint.ts';

/** Approximate limit of epoch events in a run: a run of a million short epochs reports every thousandth. */
const MAX_REPORTS = 1000;

/** Epochs between two events. */
export const epochsPerReport = (totalEpochs: number): number =>
  Math.ceil(option.positiveInteger.check('epochsPerReport', 'totalEpochs', totalEpochs) / MAX_REPORTS);

/** Collects the losses and gradient norms of steps into means of epochs. */
export interface EpochLog {
  add(loss: number, norm: number): void;
  /** Means of the current epoch so far; with `closes`, the next step begins a new epoch. */
  end(closes: boolean): { trainLoss: number; gradientNorm: number };
  /** Mean loss of each epoch, including the current one. */
  losses(): Float64Array;
  /** Whether an epoch, counted from 1, is reported. */
  due(epoch: number): boolean;
  /** State for a log that continues later. */
  state(): EpochLogState;
  /** A mark of the current position; small, however many epochs there are. */
  mark(): EpochMark;
  /** Discards everything after a mark. */
  goBack(mark: EpochMark): void;
}

export interface EpochMark {
  readonly epochs: number; // completed epochs
  readonly sums: readonly number[]; // [3] as in RunArrays.epochSums
}

export type EpochLogState = Pick<RunArrays, 'epochLosses' | 'epochSums'>;

export function createEpochLog(totalEpochs: number, from?: EpochLogState): EpochLog {
  const epochInterval = epochsPerReport(totalEpochs);
  const closedEpochs = createLosses(from?.epochLosses);
  let [lossSum, normSum, steps] = from?.epochSums ?? [0, 0, 0];
  return {
    add(loss, norm) {
      lossSum += loss;
      normSum += norm;
      steps++;
    },
    end(closes) {
      const trainLoss = lossSum / steps;
      const gradientNorm = normSum / steps;
      if (closes) {
        closedEpochs.push(trainLoss);
        lossSum = normSum = steps = 0;
      }
      return { trainLoss, gradientNorm };
    },
    losses: () => closedEpochs.copy(steps === 0 ? [] : [lossSum / steps]),
    due: (epoch) => epoch % epochInterval === 0 || epoch === totalEpochs,
    state: () => ({ epochLosses: closedEpochs.copy([]), epochSums: Float64Array.of(lossSum, normSum, steps) }),
    mark: () => ({ epochs: closedEpochs.length, sums: [lossSum, normSum, steps] }),
    goBack({ epochs, sums }) {
      closedEpochs.cut(epochs);
      [lossSum, normSum, steps] = sums;
    },
  };
}

const LOSSES_PER_ARRAY = 1 << 12;

/** A growing array of losses. A JavaScript array would be copied whenever it grows, and is limited to 2^27 entries. */
function createLosses(from: Float64Array = new Float64Array(0)) {
  const arrays: Float64Array[] = [];
  let length = 0;
  const losses = {
    get length() {
      return length;
    },
    push(loss: number): void {
      const indexInArray = length % LOSSES_PER_ARRAY;
      if (indexInArray === 0) arrays[length / LOSSES_PER_ARRAY] = new Float64Array(LOSSES_PER_ARRAY);
      arrays[(length - indexInArray) / LOSSES_PER_ARRAY][indexInArray] = loss;
      length++;
    },
    cut(to: number): void {
      length = to;
      arrays.length = Math.ceil(to / LOSSES_PER_ARRAY);
    },
    /** All losses followed by `moreLosses`, in one array. */
    copy(moreLosses: readonly number[]): Float64Array {
      const copy = new Float64Array(length + moreLosses.length);
      for (const [k, array] of arrays.entries()) {
        copy.set(viewOf(array, 0, Math.min(LOSSES_PER_ARRAY, length - k * LOSSES_PER_ARRAY)), k * LOSSES_PER_ARRAY);
      }
      copy.set(moreLosses, length);
      return copy;
    },
  };
  for (const loss of from) losses.push(loss);
  return losses;
}
