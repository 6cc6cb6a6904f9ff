import { OptionError } from '@gradloom/core';
import { option, show } from '@gradloom/core/internal';

export const epochsOrPart = option.number('a whole number of at least 1, or one between 0 and 1', (value) =>
  Number.isSafeInteger(value) ? value >= 1 : value > 0 && value < 1,
);

/** Steps from one evaluation to the next, where `epochInterval` is a number of epochs, or a part of one. */
export const evaluationInterval = (epochInterval: number, stepsPerEpoch: number): number =>
  Math.max(1, Math.round(epochInterval * stepsPerEpoch));

/** The last evaluation at or before step `step`. Parts of an epoch are counted from its start. */
export function evaluationBefore(step: number, epochInterval: number, stepsPerEpoch: number): number {
  const start = epochInterval < 1 ? step - (step % stepsPerEpoch) : 0;
  return step - ((step - start) % evaluationInterval(epochInterval, stepsPerEpoch));
}

export function evaluationAfter(step: number, epochInterval: number, stepsPerEpoch: number): number {
  const next = evaluationBefore(step, epochInterval, stepsPerEpoch) + evaluationInterval(epochInterval, stepsPerEpoch);
  return epochInterval < 1 ? Math.min(next, step - (step % stepsPerEpoch) + stepsPerEpoch) : next;
}

export const isEvaluationStep = (step: number, epochInterval: number, stepsPerEpoch: number): boolean =>
  evaluationBefore(step, epochInterval, stepsPerEpoch) === step;

export interface ProbeSteps {
  isDue(step: number): boolean;
  /** First probed step after `step`; Infinity if none is left. */
  next(step: number): number;
  /** Number of probed steps in a run of `totalSteps` steps. */
  count(totalSteps: number): number;
}

/** Returns the interval between probes, or the list of probed steps. @throws OptionError for other values. */
export function checkProbe(where: string, name: string, probe: unknown): number | readonly number[] {
  if (typeof probe === 'number') return option.positiveInteger.check(where, name, probe);
  if (Array.isArray(probe) && probe.every(option.count.isValid)) return [...probe];
  const problem = `has ${show(probe)}, expected steps from one look to the next, or an array of steps`;
  throw new OptionError(where, name, problem);
}

/** The steps of a checked value; step 0 is always one of them. */
export function probeSteps(probe: number | readonly number[]): ProbeSteps {
  if (typeof probe === 'number') {
    return {
      isDue: (step) => step % probe === 0,
      next: (step) => (Math.floor(step / probe) + 1) * probe,
      count: (totalSteps) => Math.ceil(totalSteps / probe),
    };
  }
  const steps = new Set<number>([0, ...probe]);
  return {
    isDue: (step) => steps.has(step),
    next: (step) => [...steps].reduce((next, s) => (s > step && s < next ? s : next), Number.POSITIVE_INFINITY),
    count: (totalSteps) => [...steps].filter((step) => step < totalSteps).length,
  };
}
