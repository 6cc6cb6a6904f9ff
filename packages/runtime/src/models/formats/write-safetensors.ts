import type { Elements, ElementType } from '@gradloom/core';
import { bytesOfElements, typeOf } from '@gradloom/core/internal';
import { littleEndianBytes } from '../../system/files/little-endian.ts';
import { describeModel, type ExportedModel, type TorchNumbers, torchNumbers } from './exported.ts';
import { type TorchTensor, torchTensors } from './torch-tensors.ts';

/** Key of the model's description in `__metadata__`. It is JSON, since the format allows only strings there. */
export const DESCRIPTION = 'gradloom';

const dtypes = { float64: 'F64', float32: 'F32' };

/** A model under the names of PyTorch. */
export function writeSafetensors(model: ExportedModel): Generator<Uint8Array> {
  const tensors = torchNumbers(model);
  const metadata = { format: 'pt', [DESCRIPTION]: JSON.stringify(describeModel(model)) };
  return safetensors(metadata, torchTensors(model.network), numbersOf(tensors), typeOf(model.contents.parameters));
}

function* numbersOf(tensors: Iterable<TorchNumbers>): Generator<Elements> {
  for (const { numbers } of tensors) yield numbers;
}

/**
 * Writes the length of the header (uint64), the header in JSON padded with spaces to a multiple of 8, and the tensors
 * in the type of the model, all little-endian. [safetensors](https://huggingface.co/docs/safetensors)
 */
export function* safetensors(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly Pick<TorchTensor, 'name' | 'shape' | 'length'>[],
  numbers: Iterable<Elements>, // of each tensor
  type: ElementType,
): Generator<Uint8Array> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, length } of tensors) {
    const from = end;
    end += bytesOfElements(type, length);
    header[name] = { dtype: dtypes[type], shape, data_offsets: [from, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const paddedHeader = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(paddedHeader);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(paddedHeader.length));
  yield length;
  yield paddedHeader;
  for (const part of numbers) yield littleEndianBytes(part);
}
