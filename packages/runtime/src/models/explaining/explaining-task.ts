import { buildNetwork, type Model } from '@gradloom/core';
import type { InputGradient } from '@gradloom/core/internal';
import { createInputGradients } from '../../engine/evaluation/predictor.ts';
import type { Task } from '../../engine/threads/protocol.ts';
import { modelFrom, type SharedModel } from '../serving/shared-model.ts';
import { explainImage, type ImageToExplain } from './explain-image.ts';
import { explainText, type TextToExplain } from './explain-text.ts';

export type RowToExplain = ImageToExplain | TextToExplain;

/** A row to explain. Its result has the type that the row declares. */
export interface ExplainingTask<Row extends RowToExplain = RowToExplain> extends Task<NonNullable<Row['explanation']>> {
  readonly kind: 'explaining';
  readonly model: SharedModel;
  readonly row: Row;
}

/** Models and their gradients by the inputs, by id. The threads end with the call that explains rows. */
const explainedModels = new Map<number, { readonly model: Model; readonly gradient: InputGradient }>();

/** In a thread: explains a row with the model, which it builds for the first. */
export function explainingTask({ model: sharedModel, row }: ExplainingTask): ExplainingTask['answer'] {
  let entry = explainedModels.get(sharedModel.id);
  if (entry === undefined) {
    const model = modelFrom(sharedModel);
    const { spec, parameters, loss = 'softmax-cross-entropy', parts } = model;
    entry = { model, gradient: createInputGradients(buildNetwork(spec, parts?.customParts), parameters, loss) };
    explainedModels.set(sharedModel.id, entry);
  }
  const { model, gradient } = entry;
  return row.kind === 'image' ? explainImage(model, gradient, row) : explainText(model, gradient, row);
}
