import type { ElementType } from '@gradloom/core';
import { typeOf } from '@gradloom/core/internal';
import { littleEndianBytes } from '../../system/files/little-endian.ts';
import { type ExportedModel, type TorchNumbers, torchNumbers } from './exported.ts';
import { storedZip } from './stored-zip.ts';

/** Writes each tensor as `<name>.npy` in an archive, as numpy.savez does: numpy.load(path)['0.weight']. */
export const writeNpz = (model: ExportedModel): Generator<Uint8Array> => storedZip(entriesOf(torchNumbers(model)));

function* entriesOf(tensors: Iterable<TorchNumbers>): Generator<{ name: string; parts: Uint8Array[] }> {
  for (const { tensor, numbers } of tensors) {
    yield { name: `${tensor.name}.npy`, parts: [npyHeader(typeOf(numbers), tensor.shape), littleEndianBytes(numbers)] };
  }
}

const descriptions = { float64: '<f8', float32: '<f4' };

/**
 * A header of version 1.0, padded with spaces to a multiple of 64 bytes. [NEP
 * 1](https://numpy.org/neps/nep-0001-npy-format.html)
 */
function npyHeader(type: ElementType, shape: readonly number[]): Buffer {
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descriptions[type]}', 'fortran_order': False, 'shape': (${extents}), }`;
  const bytes = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = Buffer.alloc(bytes, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(bytes - 10, 8);
  header.write(dictionary, 10, 'latin1');
  header.write('\n', bytes - 1, 'latin1');
  return header;
}
