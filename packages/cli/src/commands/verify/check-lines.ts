import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { show } from '@gradloom/core/internal';
import type { Checkpoint } from '@gradloom/runtime';
import { epochsPerReport } from '@gradloom/runtime/internal';
import { DIVISIONS_FILE, METRICS_FILE, readRunFile, STEPS_FILE } from '../../files/run-files/names.ts';
import { describeNumbers, type RunLines, runLines } from '../../files/run-files/run-lines.ts';
import { isRecord } from '../../options/read-object.ts';
import { missingSteps } from '../train/metrics-file.ts';
import { type FileCheck, type OpenCheck, openCheck, readOrFault } from './file-check.ts';

/** The longest file of lines that this program writes. */
const MAX_BYTES = 2 ** 29;

/** Checks the files of lines of a run: checksums, order, and agreement with the newest checkpoint on the same steps. */
export function checkLines(folder: string, last: Checkpoint | null): FileCheck[] {
  return [METRICS_FILE, STEPS_FILE, DIVISIONS_FILE].flatMap((name) => {
    const check = openCheck(name);
    const path = join(folder, name);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      if (name === DIVISIONS_FILE || last === null) return [];
      check.faults.push('is missing');
      return [check];
    }
    const runFile = readOrFault(check, path, () =>
      runLines(readRunFile('verify', path, 'a file of lines', MAX_BYTES) ?? Buffer.alloc(0)),
    );
    // A resume keeps a damaged file under this name.
    const damagedFile = `${name}.damaged-1`;
    if (runFile !== null) checkFile(check, runFile, last, existsSync(join(folder, damagedFile)) ? damagedFile : null);
    return [check];
  });
}

function checkFile(check: OpenCheck, runFile: RunLines, last: Checkpoint | null, damagedFile: string | null): void {
  const { lines, damaged, isCutOff, isUnsealed } = runFile;
  check.about = `${lines.length} ${lines.length === 1 ? 'line' : 'lines'}`;
  if (damaged.length > 0) check.faults.push(`has damaged lines: ${describeNumbers(damaged)}`);
  if (isCutOff) check.notes.push('ends in half a line (a crash leaves one)');
  if (isUnsealed) check.notes.push('has no checksums (an earlier version wrote it)');
  checkOrder(check, lines);
  if (last === null) return;
  const { step } = last.progress;
  // Also beyond the end of the checkpoint's run: one resumed with more epochs may not have written a checkpoint yet.
  if (lines.some(({ value }) => Number(value.step) > step)) {
    check.notes.push(`goes beyond the newest checkpoint (step ${step}): a resume repeats those steps`);
  }
  if (check.name === STEPS_FILE) {
    const values = lines.map(({ value }) => value);
    const missing = missingSteps(values, step);
    if (missing !== '') addMissing(check, missing, damagedFile);
    else checkSteps(check, lines, last);
  }
  if (check.name === METRICS_FILE) checkEpochs(check, lines, last, damagedFile);
}

/** Lines that a resume left out as damaged are not a new fault. */
function addMissing(check: OpenCheck, missing: string, damagedFile: string | null): void {
  if (damagedFile === null) check.faults.push(`lacks ${missing}`);
  else check.notes.push(`lacks ${missing}, which a resume left out as damaged (see ${damagedFile})`);
}

/** Steps must ascend within each kind of event; only of steering events several may have the same step. */
function checkOrder(check: OpenCheck, lines: RunLines['lines']): void {
  const newest = new Map<unknown, number>();
  for (const { number, value } of lines) {
    const { event, step } = value;
    const previous = newest.get(event) ?? Number.NEGATIVE_INFINITY;
    const isOrdered = typeof step === 'number' && (step > previous || (event === 'steer' && step === previous));
    if (typeof step !== 'number' || !isOrdered) {
      const expected = previous === Number.NEGATIVE_INFINITY ? 'a number' : `a step above ${previous}`;
      const has = step === undefined ? 'no step' : `the step ${JSON.stringify(step)}`;
      check.faults.push(`has ${has} in line ${number}, expected ${expected}`);
      return;
    }
    newest.set(event, step);
  }
}

/** Between two lines that end with an epoch, the losses of the steps must add up to those of the epochs. */
function checkSteps(check: OpenCheck, lines: RunLines['lines'], { arrays, record }: Checkpoint): void {
  const { stepsPerEpoch } = record;
  let sum = 0;
  let epochs = 0;
  for (const { number, value } of lines) {
    const { first, step, loss } = value;
    sum += isRecord(loss) ? Number(loss.mean) * (Number(step) - Number(first)) : Number.NaN;
    const endEpoch = Number(step) / stepsPerEpoch;
    if (!Number.isInteger(endEpoch) || endEpoch > arrays.epochLosses.length) continue;
    const expected = arrays.epochLosses
      .subarray(epochs, endEpoch)
      .reduce((total, mean) => total + mean * stepsPerEpoch, 0);
    // Both are sums of the same numbers in different orders.
    if (Number.isFinite(expected) && !(Math.abs(sum - expected) <= 1e-9 * Math.abs(expected))) {
      check.faults.push(
        `has losses up to line ${number} that add up to ${sum}, expected ${expected} (epoch ${endEpoch} of the newest checkpoint)`,
      );
      return;
    }
    sum = 0;
    epochs = endEpoch;
  }
}

/** The checkpoint has the mean loss of each complete epoch; the lines must agree and reach as far. */
function checkEpochs(
  check: OpenCheck,
  lines: RunLines['lines'],
  { arrays, progress, record }: Checkpoint,
  damagedFile: string | null,
): void {
  const epochs = lines.filter(({ value }) => value.event === 'epoch');
  for (const { number, value } of epochs) {
    const checkpointLoss = arrays.epochLosses[Number(value.epoch) - 1];
    // JSON has null for a number that is not finite.
    const loss = Number.isFinite(checkpointLoss) ? checkpointLoss : null;
    if (checkpointLoss === undefined || Object.is(loss, value.trainLoss)) continue;
    check.faults.push(
      `has the training loss ${show(value.trainLoss)} in line ${number}, expected ${loss} (epoch ${value.epoch} of the newest checkpoint)`,
    );
    return;
  }
  const { totalSteps, stepsPerEpoch } = record;
  // A run of very many epochs has lines of only some.
  if (epochsPerReport(Math.ceil(totalSteps / stepsPerEpoch)) === 1) {
    const loggedEpochs = new Set(epochs.map(({ value }) => value.epoch));
    const missing = Array.from(arrays.epochLosses, (_, index) => index + 1).filter((epoch) => !loggedEpochs.has(epoch));
    if (missing.length > 0) addMissing(check, `epoch ${describeNumbers(missing)}`, damagedFile);
  }
  const lastStep = Number(epochs.at(-1)?.value.step ?? 0);
  if (progress.step === record.totalSteps && !(lastStep >= progress.step)) {
    check.faults.push(`ends with step ${lastStep}, expected ${progress.step}, the last of the run`);
  }
}
