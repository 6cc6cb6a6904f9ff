import { loadModel, type Model } from '@gradloom/runtime';
import type { Shares } from '../datasets/open-dataset.ts';
import { type DatasetSource, datasetSource, formatSource } from '../options/dataset-source.ts';
import type { RawOptions } from '../options/raw-options.ts';
import { UsageError } from '../usage-error.ts';
import { modelPath } from './model-path.ts';

/** The model that the first word of a command line names. @throws UsageError where there is none. */
export function openModel(positionals: readonly string[]): Model {
  const [path] = positionals;
  if (path === undefined || path === '') {
    throw new UsageError('the model is missing, expected a run such as runs/mnist-1, or a model file');
  }
  return loadModel(modelPath(path));
}

/** What was given, with the model beside it: it may be the one that does not fit. */
export const withModel = (given: RawOptions, [path]: readonly string[]): RawOptions => ({
  ...given,
  model: { name: path, value: undefined },
});

/** @throws UsageError for words that no place is left for. */
export function refuseMoreThan(count: number, positionals: readonly string[], expected: string): void {
  if (positionals.length <= count) return;
  throw new UsageError(`the word ${JSON.stringify(positionals[count])} is not needed, expected ${expected}`);
}

const OWN = "the model's dataset";

export interface ModelData {
  readonly source: DatasetSource;
  readonly shares: Shares;
  readonly name: string; // of the source, in errors
  readonly isOwn: boolean; // the model was trained on it
  readonly classNames?: readonly string[]; // which its labels are of
}

/**
 * The rows to try a model on, by default those of its run, dealt out as they were then. Of another dataset none were
 * seen in training, so nothing is held out. @throws UsageError where neither names one.
 */
export function dataOf({ metadata }: Model, asked: DatasetSource | undefined): ModelData {
  const { dataset, validation, test, labels } = metadata;
  // A name stands for the class that the model knows by it, whatever other names these rows have.
  const classNames = labels === undefined ? {} : { classNames: labels };
  const own = typeof dataset === 'string' ? datasetSource.parse(OWN, dataset) : undefined;
  const name = asked === undefined ? OWN : '--dataset';
  const source = asked ?? own;
  if (source === undefined) {
    throw new UsageError('--dataset is missing, expected one, since the model does not say what it was trained on');
  }
  if (own === undefined || formatSource(source) !== formatSource(own)) {
    return { source, name, isOwn: false, ...classNames, shares: { validation: 0, test: 0 } };
  }
  return {
    source,
    name,
    isOwn: true,
    ...classNames,
    shares: { validation: typeof validation === 'number' ? validation : 0, test: typeof test === 'number' ? test : 0 },
  };
}
