import { buildNetwork, createLoss, type LayerSpec, type LossSpec, type Model } from '@gradloom/core';
import { checkObject, headsOf, ofTable } from '@gradloom/core/internal';
import { createModel } from './model.ts';

/** One of several outputs of a model, as a model of its own with the same weights. */
export interface ModelOfHead {
  readonly name: string;
  readonly model: Model;
}

/** A model for each output that has answers; null for a model with one output. Each computes all layers. */
export function modelsOfHeads(whole: Model): readonly ModelOfHead[] | null {
  checkObject('modelsOfHeads', 'model', whole, 'a model');
  const { spec, parameters, loss, parts, preprocessing, metadata, fused } = whole;
  const heads = headsOf(buildNetwork(spec, parts?.customParts));
  if (heads === null) return null;
  const losses = loss === undefined ? [] : (createLoss(loss, parts?.customParts).heads ?? []);
  const table = ofTable(preprocessing);
  const { labels: _, headLabels = {}, headThresholds = {}, threshold: __, ...others } = metadata;
  return heads.flatMap(({ name, shape, start, size }): ModelOfHead[] => {
    const headLoss = losses.find((head) => head.name === name)?.loss;
    if (headLoss?.targets === 'none') return [];
    const target = table?.target.filter((decoding) => decoding.name === name) ?? [];
    const [decoding] = target;
    const labels =
      decoding?.type === 'classes' ? decoding.labels : Object.hasOwn(headLabels, name) ? headLabels[name] : undefined;
    const threshold = Object.hasOwn(headThresholds, name) ? { threshold: headThresholds[name] } : {};
    const answer: LayerSpec[] = [{ kind: 'slice', start, end: start + size }];
    if (shape.length > 1) answer.push({ kind: 'reshape', shape: [...shape] });
    const model = createModel({
      spec: { ...spec, layers: [...spec.layers, ...answer] },
      parameters,
      ...(headLoss === undefined ? {} : { loss: headLoss.spec as LossSpec }),
      ...(parts === undefined ? {} : { parts }),
      ...(fused === undefined ? {} : { fused }),
      ...(preprocessing === undefined || (table !== undefined && decoding === undefined)
        ? {}
        : { preprocessing: table === undefined ? preprocessing : { ...table, target } }),
      metadata: { ...others, ...threshold, ...(labels === undefined ? {} : { labels, classes: labels.length }) },
    });
    return [{ name, model }];
  });
}
