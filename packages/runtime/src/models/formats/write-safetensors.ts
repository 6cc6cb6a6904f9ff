import { typeOf } from '@gradloom/core/internal';
import { littleEndianBytes } from '../../system/files/little-endian.ts';
import { describeModel, type ExportedModel, type TorchNumbers, torchNumbers } from './exported.ts';
import { torchTensors } from './torch-tensors.ts';

/** Key of the model's description in `__metadata__`. It is JSON, since the format allows only strings there. */
export const DESCRIPTION = 'gradloom';

const dtypes = { float64: 'F64', float32: 'F32' };

/**
 * Writes the length of the header (uint64), the header in JSON padded with spaces to a multiple of 8, and the tensors
 * in the type of the model, all little-endian. [safetensors](https://huggingface.co/docs/safetensors)
 */
export const writeSafetensors = (model: ExportedModel): Generator<Uint8Array> => partsOf(model, torchNumbers(model));

function* partsOf(model: ExportedModel, tensors: Iterable<TorchNumbers>): Generator<Uint8Array> {
  const metadata = { format: 'pt', [DESCRIPTION]: JSON.stringify(describeModel(model)) };
  const header: Record<string, unknown> = { __metadata__: metadata };
  const { BYTES_PER_ELEMENT: width } = model.contents.parameters;
  const dtype = dtypes[typeOf(model.contents.parameters)];
  let end = 0;
  for (const { name, shape, length } of torchTensors(model.network)) {
    header[name] = { dtype, shape, data_offsets: [end, end + length * width] };
    end += length * width;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  yield length;
  yield padded;
  for (const { numbers } of tensors) yield littleEndianBytes(numbers);
}
