import type { DataSplits } from '@gradloom/runtime';
import { plural, whole } from '../text/format.ts';
import { LEAST_VALIDATED } from './table-preset.ts';

/** Rows that a split took from the training rows. */
interface HeldOut {
  readonly validation?: number | undefined;
  readonly test?: number | undefined;
}

/** Which rows are held out, and how to change it, a sentence each. */
export function heldOut(rows: HeldOut, byClass: boolean): string[] {
  const parts = (['validation', 'test'] as const).flatMap((name) => {
    const count = rows[name];
    return count === undefined ? [] : [`${plural(count, 'row')} for ${name === 'test' ? 'the test' : name}`];
  });
  const flags = rows.validation === undefined ? '--test 0 holds out none' : '--validation 0 --test 0 hold out none';
  const how = byClass ? 'each class in proportion' : 'at random';
  const held =
    parts.length === 0
      ? 'no rows are held out for the test (--test 0.1 holds out a tenth)'
      : `held out: ${parts.join(' and ')}, ${how} (${flags})`;
  return rows.validation === undefined ? [held, NO_EARLY_STOPPING] : [held];
}

const NO_EARLY_STOPPING = `no early stopping: it needs validation rows, held out by default from ${whole(LEAST_VALIDATED)} rows on (--validation 0.1)`;

/** What is decided about arrays and images without being asked, a sentence each. */
export function decisionsOnArrays(own: DataSplits, { train, validation, test }: DataSplits): string[] {
  const { divisor } = own.train.inputs;
  const what = train.classes === null ? 'inputs and targets' : 'inputs';
  const scaled =
    divisor === 1
      ? `${what} are not scaled: scale columns of very different sizes first, or train on a table, which is scaled`
      : `inputs are bytes, divided by ${divisor} (${own.train.name}:divisor=1 takes them as they are)`;
  if (own.validation !== undefined && own.test !== undefined) return [scaled];
  const rows = {
    validation: own.validation === undefined ? validation?.rows : undefined,
    test: own.test === undefined ? test?.rows : undefined,
  };
  return [scaled, ...heldOut(rows, train.classes !== null)];
}
