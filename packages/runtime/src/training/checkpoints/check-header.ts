import type { Json, JsonObject } from '@gradloom/core';
import { elementTypes, FLOAT64, isJsonObject, option, show } from '@gradloom/core/internal';
import { checkRateChanges } from '../run/rate-changes.ts';
import { epochsOrPart } from '../run/scheduled-steps.ts';
import type { Progress, RunRecord, SavedState } from './checkpoint.ts';

/** Errors begin with the name of the value, such as record.ema: no function was called with it. */
const NO_CALLER = '';

/** Checks the parts of a record that are read; the rest is only compared. */
export function checkRecord(record: Json | undefined): asserts record is JsonObject & RunRecord & Json {
  if (!isJsonObject(record)) throw new Error(`record has ${show(record)}, expected an object`);
  for (const name of ['totalSteps', 'stepsPerEpoch', 'batch']) checkWhole(`record.${name}`, record[name], 1);
  const { backend, data, ema, evaluateEvery, rateChanges } = record;
  epochsOrPart().check(NO_CALLER, 'record.evaluateEvery', evaluateEvery);
  if (rateChanges !== undefined) checkRateChanges(NO_CALLER, 'record.rateChanges', rateChanges);
  if (ema !== undefined) option.betweenZeroAndOne.check(NO_CALLER, 'record.ema', ema);
  const { precision = FLOAT64 } = record;
  if (!elementTypes.some((type) => type === precision)) {
    throw new Error(`record.precision has ${show(precision)}, expected ${elementTypes.join(' or ')}`);
  }
  if (!isJsonObject(backend) || typeof backend.name !== 'string') {
    throw new Error(`record.backend has ${show(backend)}, expected { name }`);
  }
  if (backend.fused !== undefined && typeof backend.fused !== 'boolean') {
    throw new Error(`record.backend.fused has ${show(backend.fused)}, expected true or false`);
  }
  const { library } = backend;
  const isLibrary = isJsonObject(library) && ['name', 'version', 'core'].every((it) => typeof library[it] === 'string');
  if (library !== undefined && !isLibrary) {
    throw new Error(`record.backend.library has ${show(library)}, expected { name, version, core }`);
  }
  if (!isJsonObject(data)) throw new Error(`record.data has ${show(data)}, expected an object`);
}

export function checkProgress(
  progress: Json | undefined,
  { totalSteps }: RunRecord,
): asserts progress is JsonObject & Progress & Json {
  if (!isJsonObject(progress)) throw new Error(`progress has ${show(progress)}, expected an object`);
  const step = checkWhole('progress.step', progress.step, 0);
  if (step > totalSteps) throw new Error(`progress.step has ${step}, expected at most ${totalSteps} (totalSteps)`);
  checkWhole('progress.samples', progress.samples, 0);
  checkWhole('progress.threads', progress.threads, 1);
  checkWhole('progress.gradientThreads', progress.gradientThreads, 0);
  for (const name of ['rollbacks', 'reached']) checkWhole(`progress.${name}`, progress[name] ?? 0, 0);
  const { elapsedMs, rate, validation, test, best } = progress;
  if (rate !== undefined) option.nonNegative.check(NO_CALLER, 'progress.rate', rate);
  option.nonNegative.check(NO_CALLER, 'progress.elapsedMs', elapsedMs);
  for (const [name, figures] of Object.entries({ validation, test, best })) checkFigures(`progress.${name}`, figures);
  checkEarlyStopping(progress.early, step);
}

function checkEarlyStopping(early: Json | undefined, step: number): void {
  if (early === undefined) return;
  if (!isJsonObject(early)) throw new Error(`progress.early has ${show(early)}, expected an object`);
  const evaluatedStep = checkWhole('progress.early.evaluated', early.evaluated, 0);
  if (evaluatedStep > step)
    throw new Error(`progress.early.evaluated has ${evaluatedStep}, expected at most ${step} (step)`);
  checkWhole('progress.early.waited', early.waited, 0);
  if (early.bestStep !== undefined) {
    const bestStep = checkWhole('progress.early.bestStep', early.bestStep, 0);
    if (bestStep > evaluatedStep)
      throw new Error(`progress.early.bestStep has ${bestStep}, expected at most ${evaluatedStep}`);
  }
  checkFigures('progress.early.validation', early.validation);
}

/** The counters of an earlier state; undefined if there is none. */
export function checkEarlier(
  earlier: Json | undefined,
  { stepsPerEpoch }: RunRecord,
  progress: Progress,
): SavedState['counters'] | undefined {
  if (earlier === undefined) return undefined;
  if (!isJsonObject(earlier)) throw new Error(`earlier has ${show(earlier)}, expected an object`);
  const step = checkWhole('earlier.step', earlier.step, 0);
  if (step > progress.step) throw new Error(`earlier.step has ${step}, expected at most ${progress.step} (step)`);
  checkWhole('earlier.samples', earlier.samples, 0);
  const epochs = checkWhole('earlier.epochs', earlier.epochs, 0);
  if (epochs !== Math.floor(step / stepsPerEpoch)) {
    throw new Error(`earlier.epochs has ${epochs}, expected ${Math.floor(step / stepsPerEpoch)} (of ${step} steps)`);
  }
  checkFigures('earlier.validation', earlier.validation);
  return earlier as unknown as SavedState['counters'];
}

function checkFigures(name: string, figures: Json | undefined): void {
  if (figures === undefined || (isJsonObject(figures) && Object.values(figures).every(isFigure))) return;
  throw new Error(`${name} has ${show(figures)}, expected numbers`);
}

/** Whether a value is a number, or an object of numbers: metrics, and figures of heads. */
const isFigure = (value: Json): boolean =>
  typeof value === 'number' || (isJsonObject(value) && Object.values(value).every(isFigure));

const checkWhole = (name: string, value: Json | undefined, least: number): number =>
  option.wholeNumber(least).check(NO_CALLER, name, value);
