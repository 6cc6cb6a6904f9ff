import type { Elements } from '@gradloom/core';
import type { ModelContents } from '@gradloom/runtime';
import { formatSource } from '../../files/datasets/dataset-source.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { version } from '../../terminal/invocation.ts';
import type { Recipe } from './recipe.ts';

/** Contents of a run's model file: the network, and enough about its data to measure it again on the same rows. */
export function modelOf({ spec, sets, values }: Recipe, parameters: Elements): ModelContents {
  const { classes, labels, inputs, preprocessing } = sets.train;
  const { loss, dataset, validation = 0, test = 0, folds, fold } = values;
  return {
    spec,
    parameters,
    ...loadOptions(),
    ...(loss === undefined ? {} : { loss }),
    ...(preprocessing === undefined ? {} : { preprocessing }),
    metadata: {
      ...(labels === undefined ? {} : { labels }),
      divisor: inputs.divisor,
      classes,
      dataset: dataset === undefined ? null : formatSource(dataset),
      // These options find the same rows again. Types, formats, target and scaling are in the preprocessing.
      ...(values.missing === 'drop' ? { missing: values.missing } : {}),
      ...(values.split === undefined ? {} : { split: values.split }),
      ...(values.encoding === undefined ? {} : { encoding: values.encoding }),
      ...(values.stream ? { streams: true } : {}),
      validation,
      test,
      ...(folds === undefined || fold === undefined ? {} : { folds, fold }),
      writtenBy: `gradloom ${version}`,
    },
  };
}
