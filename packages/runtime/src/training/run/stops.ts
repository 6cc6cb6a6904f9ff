import { option } from '@gradloom/core/internal';

/** A number of epochs, or a part of one. */
export const epochsOrPart = option.number('a whole number of at least 1, or one between 0 and 1', (value) =>
  Number.isSafeInteger(value) ? value >= 1 : value > 0 && value < 1,
);

/** Steps from one evaluation to the next, where `every` is a number of epochs, or a part of one. */
const stepsOf = (every: number, stepsPerEpoch: number): number => Math.max(1, Math.round(every * stepsPerEpoch));

/** The last evaluation at or before step `step`. Parts of an epoch are counted from its start. */
export function stopBefore(step: number, every: number, stepsPerEpoch: number): number {
  const start = every < 1 ? step - (step % stepsPerEpoch) : 0;
  return step - ((step - start) % stepsOf(every, stepsPerEpoch));
}

/** The first evaluation after step `step`. */
export function stopAfter(step: number, every: number, stepsPerEpoch: number): number {
  const next = stopBefore(step, every, stepsPerEpoch) + stepsOf(every, stepsPerEpoch);
  return every < 1 ? Math.min(next, step - (step % stepsPerEpoch) + stepsPerEpoch) : next;
}

/** Whether the run is evaluated after step `step`. */
export const isStop = (step: number, every: number, stepsPerEpoch: number): boolean =>
  stopBefore(step, every, stepsPerEpoch) === step;
