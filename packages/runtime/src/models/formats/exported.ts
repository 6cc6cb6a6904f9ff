import type { Elements, Loss, ModelContents, Network } from '@gradloom/core';
import { createElements, typeOf, viewOf } from '@gradloom/core/internal';
import { reorder } from './reorder.ts';
import { type TorchTensor, torchTensors } from './torch-tensors.ts';

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
    const numbers = createElements(typeOf(contents.parameters), tensor.length);
    const own = viewOf(contents.parameters, tensor.offset, tensor.length);
    reorder(numbers, own, tensor.axes, tensor.order);
    yield { tensor, numbers };
  }
}

/** Description of a model besides its weights. JSON omits `undefined`. */
export function describeModel({ contents, network }: ExportedModel): object {
  const { loss, metadata, preprocessing, parameters } = contents;
  const precision = parameters instanceof Float32Array ? 'float32' : undefined; // omitted for float64
  return { version: 1, spec: network.spec, precision, loss, metadata, preprocessing };
}
