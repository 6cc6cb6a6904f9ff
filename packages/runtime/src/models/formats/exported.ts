import type { Elements, Loss, ModelContents, Network } from '@gradloom/core';
import { createElements, typeOf, viewOf } from '@gradloom/core/internal';
import { type TorchTensor, torchTensors, transpose } from './torch-tensors.ts';

/** A checked model to be exported. */
export interface ExportedModel {
  readonly contents: ModelContents;
  readonly network: Network; // network of its spec
  readonly loss: Loss | null; // loss of the model
}

/** The tensors with their numbers, row-major and in PyTorch's layout: one copy at a time. */
export function* torchNumbers({
  contents,
  network,
}: ExportedModel): Generator<{ readonly tensor: TorchTensor; readonly numbers: Elements }> {
  for (const tensor of torchTensors(network)) {
    const stored = viewOf(contents.parameters, tensor.offset, tensor.length);
    if (!tensor.isTransposed) {
      yield { tensor, numbers: stored };
      continue;
    }
    const [O, I] = tensor.shape;
    const numbers = createElements(typeOf(stored), tensor.length);
    transpose(numbers, stored, I, O);
    yield { tensor, numbers };
  }
}

/** Description of a model besides its weights. JSON omits `undefined`. */
export function describeModel({ contents, network }: ExportedModel): object {
  const { loss, metadata, preprocessing, parameters } = contents;
  const precision = parameters instanceof Float32Array ? 'float32' : undefined; // omitted for float64
  return { version: 1, spec: network.spec, precision, loss, metadata, preprocessing };
}
