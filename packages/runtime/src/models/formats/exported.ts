import type { Elements, Loss, ModelContents, Network } from '@gradloom/core';
import { createElements, typeOf, viewOf } from '@gradloom/core/internal';
import { type TorchTensor, torchTensors, transpose } from './torch-tensors.ts';

/** A checked model on its way out. */
export interface ExportedModel {
  readonly contents: ModelContents;
  readonly network: Network; // of its spec
  readonly loss: Loss | null; // of its loss
}

/** The tensors with their numbers, row-major as PyTorch has them: one copy at a time. */
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

/** What a file says about a model besides its weights; `undefined` is left out by JSON. */
export function describeModel({ contents, network }: ExportedModel): object {
  const { loss, metadata, preprocessing, parameters } = contents;
  const precision = parameters instanceof Float32Array ? 'float32' : undefined; // undefined: float64
  return { version: 1, spec: network.spec, precision, loss, metadata, preprocessing };
}
