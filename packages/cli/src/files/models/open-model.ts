import { existsSync } from 'node:fs';
import { ofImages, show } from '@gradloom/core/internal';
import { loadModel, type Model } from '@gradloom/runtime';
import { loadOptions } from '../../options/custom-parts.ts';
import { defined, readValue } from '../../options/option.ts';
import type { RawOptions } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type DatasetSource, datasetSource, formatSource } from '../datasets/dataset-source.ts';
import type { Shares } from '../datasets/open-dataset.ts';
import { looksLikeModel, modelPath } from './model-path.ts';

/** A word of the command line. @throws UsageError with `sentence`, such as 'the file is missing', if there is none. */
export function requireWord(word: string | undefined, sentence: string): string {
  if (word === undefined || word === '') throw new UsageError(sentence);
  return word;
}

/** The model named by the first argument. @throws UsageError if there is none. */
export function openModel([first, other]: readonly string[]): Model {
  const path = requireWord(first, 'the model is missing, expected a run such as runs/mnist-1, or a model file');
  if (areSwapped(path, other)) {
    throw new UsageError(`${path} is given before the model ${other}, expected the model first: ${other} ${path}`);
  }
  return loadModel(modelPath(path), loadOptions());
}

/** Whether the second word is a model, and the first is not. */
const areSwapped = (path: string, other: string | undefined): boolean =>
  other !== undefined && looksLikeModel(other) && !looksLikeModel(path);

/** The options with the model added, since errors may concern the model. */
export const withModel = (raw: RawOptions, [path]: readonly string[]): RawOptions => ({
  ...raw,
  model: { name: path, value: undefined },
});

/** @throws UsageError for extra arguments; a file among them may be meant for `flag`. */
export function refuseMoreThan(count: number, positionals: readonly string[], expected: string, flag?: string): void {
  if (positionals.length <= count) return;
  const word = positionals[count];
  const [first] = positionals;
  const meant = areSwapped(first, word) ? `${word} ${flag} ${first}` : `${flag} ${word}`;
  const hint = flag !== undefined && existsSync(word) ? ` (did you mean ${meant}?)` : '';
  throw new UsageError(`the word ${show(word)} is not needed, expected ${expected}${hint}`);
}

const MODEL_DATASET = "the model's dataset";

export interface ModelData {
  readonly source: DatasetSource;
  readonly shares: Shares;
  readonly name: string; // name of the source in errors
  readonly isTrainingDataset: boolean; // the model was trained on it
  readonly classNames?: readonly string[]; // names of the model's classes, in its order
}

/**
 * The rows to evaluate a model on, by default those of its run, with the same split. No rows of another dataset were
 * used in training, so none are held out. @throws UsageError if no dataset is named.
 */
export function dataOf({ metadata }: Model, requested: DatasetSource | undefined): ModelData {
  const { dataset, missing, split, encoding, table, query, targets, labels } = metadata;
  const numberIn = (key: string, otherwise?: number) => {
    const value = metadata[key];
    return typeof value === 'number' ? value : otherwise;
  };
  const storedSource = typeof dataset === 'string' ? readValue(datasetSource, MODEL_DATASET, dataset) : undefined;
  // Rows of a table know from the preprocessing that they are their own targets.
  const ownTargets = targets === 'inputs' ? { targets } : {};
  const runOptions = {
    ...(missing === 'drop' ? { missing } : {}),
    ...defined({ split, encoding, table, query }),
    ...ownTargets,
  };
  const runSource = storedSource && withOptions(storedSource, runOptions);
  const name = requested === undefined ? MODEL_DATASET : '--dataset';
  const source = requested ?? storedSource;
  if (source === undefined) {
    throw new UsageError('--dataset is missing, expected one, since the model does not say what it was trained on');
  }
  // Class names are those of the model, whatever other names these rows have.
  const nameAndClasses = { name, ...defined({ classNames: labels }) };
  if (storedSource === undefined || runSource === undefined || formatSource(source) !== formatSource(storedSource)) {
    const foreignSource = withOptions(source, { ...(missing === 'drop' ? { missing } : {}), ...ownTargets });
    return { ...nameAndClasses, source: foreignSource, isTrainingDataset: false, shares: { validation: 0, test: 0 } };
  }
  const folds = { folds: numberIn('folds'), fold: numberIn('fold') };
  const shares = { validation: numberIn('validation', 0), test: numberIn('test', 0), ...folds };
  return { ...nameAndClasses, source: runSource, isTrainingDataset: true, shares };
}

/**
 * Divisors of arrays of bytes and of other numbers for a model: those of its training rows. For a model of images,
 * which has an encoding or a divisor of 255, numbers other than bytes have been divided already.
 */
export function divisorsOf({ metadata, preprocessing }: Model): { byteDivisor: number; divisor: number } {
  const image = ofImages(preprocessing)?.image;
  if (image !== undefined) return { byteDivisor: image.divisor, divisor: 1 };
  const { divisor = 1 } = metadata;
  return divisor === 1 ? { byteDivisor: 1, divisor } : { byteDivisor: divisor, divisor: divisor === 255 ? 1 : divisor };
}

/** The source with these options, of which a named dataset has `targets` alone. */
const withOptions = (source: DatasetSource, options: Readonly<Record<string, unknown>>): DatasetSource =>
  Object.keys(options).length > 0 && ('path' in source || 'targets' in options)
    ? ({ ...source, options: { ...source.options, ...options } } as DatasetSource)
    : source;
