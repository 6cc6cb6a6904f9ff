import { type Answer, adaptModel, buildNetwork, type Model, type TablePreprocessing } from '@gradloom/core';
import { viewOf } from '@gradloom/core/internal';

/** The model with the outputs of a layer as its answers: lists of numbers. @throws OptionError for no such layer. */
export function layerModel(model: Model, layer: string): Model {
  const { loss: _, metadata, ...others } = model;
  const { labels: _labels, classes: _classes, ...notes } = metadata;
  const { spec } = adaptModel(model, { until: layer });
  const { inputs: I, outputs: O } = buildNetwork(spec, model.parts?.customParts);
  const outputsAll = (rows: Float64Array, options: object) => model.outputsAll(rows, { ...options, layer });
  return {
    ...others,
    spec,
    metadata: notes,
    outputsAll: outputsAll as Model['outputsAll'],
    async predictAll(rows, { onNote: __, ...options } = {}) {
      const outputs: Float64Array | number[][] = await outputsAll(rows as Float64Array, options);
      const listOf = (n: number) => (Array.isArray(outputs) ? outputs[n] : [...viewOf(outputs, n * O, O)]);
      const N = Array.isArray(rows) ? rows.length : (rows as Float64Array).length / I;
      return Array.from({ length: N }, (_, n) => ({ prediction: listOf(n) }) as unknown as Answer);
    },
  };
}

/** A table whose answers are the numbers of a layer: the titles of their columns. */
export function layerTable(table: TablePreprocessing, layer: string, { spec, parts }: Model): TablePreprocessing {
  const { outputs } = buildNetwork(spec, parts?.customParts);
  const target = Array.from({ length: outputs }, (_, k) => ({ name: `${layer}.${k}`, center: 0, scale: 1 }));
  return { ...table, target: target.map((title) => ({ ...title, type: 'values' })) };
}
