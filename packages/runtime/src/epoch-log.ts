/** Epoch events of a run, at the most about: a run of a million short epochs reports every thousandth. */
const REPORTS = 1000;

/** Collects the losses and gradient norms of steps into means of epochs. */
export interface EpochLog {
  add(loss: number, norm: number): void;
  /** Closes the epoch. */
  end(): { trainLoss: number; gradientNorm: number };
  /** Mean loss of each epoch, the one that is not closed included. */
  losses(): Float64Array;
  /** Whether an epoch, counted from 1, is worth an event. */
  due(epoch: number): boolean;
}

export function createEpochLog(totalEpochs: number): EpochLog {
  const every = Math.ceil(totalEpochs / REPORTS);
  const closed: number[] = [];
  let lossSum = 0;
  let normSum = 0;
  let steps = 0;
  return {
    add(loss, norm) {
      lossSum += loss;
      normSum += norm;
      steps++;
    },
    end() {
      const trainLoss = lossSum / steps;
      const gradientNorm = normSum / steps;
      closed.push(trainLoss);
      lossSum = normSum = steps = 0;
      return { trainLoss, gradientNorm };
    },
    losses: () => Float64Array.from(steps === 0 ? closed : [...closed, lossSum / steps]),
    due: (epoch) => epoch % every === 0 || epoch === totalEpochs,
  };
}
