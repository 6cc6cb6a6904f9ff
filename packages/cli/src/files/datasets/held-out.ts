import type { DataSplits } from '@gradloom/runtime';
import { plural } from '../../terminal/text/format.ts';

/** Number of rows taken from the training rows for each set; 'own' if the dataset has such a set itself. */
interface HeldOut {
  readonly validation?: number | 'own' | undefined;
  readonly test?: number | 'own' | undefined;
}

/** Sentences on which rows are held out, and how to change it. Of `folds`, one is the test set. */
export function heldOut(rows: HeldOut, by: 'class' | 'chance' | 'time' | 'group', folds?: number): string[] {
  const counts = (['validation', 'test'] as const).flatMap((set) => {
    const count = rows[set];
    return typeof count === 'number' ? [{ set, count }] : [];
  });
  if (counts.length === 0) return rows.test === undefined ? [NO_TEST] : [];
  const parts = counts.map(({ set, count }) => `${plural(count, 'row')} for ${set === 'test' ? 'the test' : set}`);
  const how = {
    class: 'each class in proportion',
    chance: 'at random',
    time: 'the last in time',
    group: 'whole groups',
  }[by];
  const shareFlags = counts
    .filter(({ set }) => set === 'validation' || folds === undefined)
    .map(({ set }) => `--${set} 0`);
  const noneAdvice =
    shareFlags.length === 0 ? [] : [`${shareFlags.join(' ')} ${shareFlags.length === 1 ? 'holds' : 'hold'} out none`];
  const ways = [...(folds === undefined ? [] : [`the test rows are one of ${folds} folds`]), ...noneAdvice];
  return [`held out: ${parts.join(' and ')}, ${how} (${ways.join('; ')})`];
}

const NO_TEST = 'no rows are held out for the test (--test 0.1 holds out a tenth)';

/** Sentences on the automatic decisions about arrays and images. */
export function decisionsOnArrays(original: DataSplits, sets: DataSplits, folds?: number): string[] {
  const { divisor } = original.train.inputs;
  const scaledText = original.train.classes === null ? 'inputs and targets' : 'inputs';
  const scaledShare =
    divisor === 1
      ? `${scaledText} are not scaled: scale columns of very different sizes first, or train on a table, which is scaled`
      : `inputs are bytes, divided by ${divisor} (${original.train.name}:divisor=1 takes them as they are)`;
  // A fold replaces the dataset's own test set.
  const rowsOf = (set: 'validation' | 'test') =>
    sets[set] === original[set] && original[set] ? 'own' : sets[set]?.rows;
  return [
    ...(original.train.decisions ?? []),
    scaledShare,
    ...heldOut(
      { validation: rowsOf('validation'), test: rowsOf('test') },
      original.train.classes === null ? 'chance' : 'class',
      folds,
    ),
  ];
}
