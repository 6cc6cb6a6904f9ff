import { positiveInteger } from '@gradloom/core';
import type { RunArrays } from './checkpoints/checkpoint.ts';

/** Epoch events of a run, at the most about: a run of a million short epochs reports every thousandth. */
const REPORTS = 1000;

/** Epochs from one event to the next. */
export const epochsPerReport = (totalEpochs: number): number =>
  Math.ceil(positiveInteger('epochsPerReport', 'totalEpochs', totalEpochs) / REPORTS);

/** Collects the losses and gradient norms of steps into means of epochs. */
export interface EpochLog {
  add(loss: number, norm: number): void;
  /** Means of the epoch so far; the next begins where `closes`. */
  end(closes: boolean): { trainLoss: number; gradientNorm: number };
  /** Mean loss of each epoch, the one that is not closed included. */
  losses(): Float64Array;
  /** Whether an epoch, counted from 1, is worth an event. */
  due(epoch: number): boolean;
  /** What a log that goes on later starts from. */
  state(): EpochLogState;
  /** Where the log stands, in little memory however many epochs there are. */
  mark(): EpochMark;
  /** Forgets what came after a mark. */
  goBack(mark: EpochMark): void;
}

export interface EpochMark {
  readonly epochs: number; // closed
  readonly sums: readonly number[]; // [3] as in RunArrays.epochSums
}

export type EpochLogState = Pick<RunArrays, 'epochLosses' | 'epochSums'>;

export function createEpochLog(totalEpochs: number, from?: EpochLogState): EpochLog {
  const every = epochsPerReport(totalEpochs);
  const closed: number[] = [...(from?.epochLosses ?? [])];
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
        closed.push(trainLoss);
        lossSum = normSum = steps = 0;
      }
      return { trainLoss, gradientNorm };
    },
    losses: () => Float64Array.from(steps === 0 ? closed : [...closed, lossSum / steps]),
    due: (epoch) => epoch % every === 0 || epoch === totalEpochs,
    state: () => ({
      epochLosses: Float64Array.from(closed),
      epochSums: Float64Array.of(lossSum, normSum, steps),
    }),
    mark: () => ({ epochs: closed.length, sums: [lossSum, normSum, steps] }),
    goBack({ epochs, sums }) {
      closed.length = epochs;
      [lossSum, normSum, steps] = sums;
    },
  };
}
