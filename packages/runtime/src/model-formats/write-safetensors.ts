import { littleEndianBytes } from '../files/little-endian.ts';
import { describeModel, type ExportedModel, torchNumbers } from './exported.ts';
import { torchTensors } from './torch-tensors.ts';

/** The key of `__metadata__` that describes the model: the format allows texts alone, so it is JSON. */
export const DESCRIPTION = 'gradloom';

/**
 * The length of the header (uint64), the header in JSON with spaces up to a multiple of 8, and the tensors as float64,
 * all little-endian. [safetensors](https://huggingface.co/docs/safetensors)
 */
export function* writeSafetensors(model: ExportedModel): Generator<Uint8Array> {
  const metadata = { format: 'pt', [DESCRIPTION]: JSON.stringify(describeModel(model)) };
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, length } of torchTensors(model.network)) {
    header[name] = { dtype: 'F64', shape, data_offsets: [end, end + length * 8] };
    end += length * 8;
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  yield length;
  yield padded;
  for (const { numbers } of torchNumbers(model)) yield littleEndianBytes(numbers);
}
