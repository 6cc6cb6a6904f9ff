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

/** A tensor with its numbers, row-major and in PyTorch's layout. */
export interface TorchNumbers {
  readonly tensor: TorchTensor;
  readonly numbers: Elements;
}

/** The tensors with their numbers, one copy at a time. @throws Error at once if PyTorch cannot have this network */
export function torchNumbers({ contents: { parameters }, network }: ExportedModel): Iterable<TorchNumbers> {
  return torchCopies(parameters, torchTensors(network));
}

function* torchCopies(parameters: Elements, tensors: readonly TorchTensor[]): Generator<TorchNumbers> {
  for (const tensor of tensors) {
    const numbers = createElements(typeOf(parameters), tensor.length);
    reorder(numbers, viewOf(parameters, tensor.offset, tensor.length), tensor.axes, tensor.order);
    yield { tensor, numbers };
  }
}

/** Description of a model besides its weights. JSON omits `undefined`. */
export function describeModel({ contents, network }: ExportedModel): object {
  const { loss, metadata, preprocessing, parameters } = contents;
  const precision = parameters instanceof Float32Array ? 'float32' : undefined; // omitted for float64
  return { version: 2, spec: network.spec, precision, loss, metadata, preprocessing };
}
