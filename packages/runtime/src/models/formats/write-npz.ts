import { typeOf } from '@gradloom/core/internal';
import { npyHeader } from '../../data/npy-header.ts';
import { littleEndianBytes } from '../../system/files/little-endian.ts';
import { type ExportedModel, type TorchNumbers, torchNumbers } from './exported.ts';
import { storedZip } from './stored-zip.ts';

/** Writes each tensor as `<name>.npy` in an archive, as numpy.savez does: numpy.load(path)['0.weight']. */
export const writeNpz = (model: ExportedModel): Generator<Uint8Array> => storedZip(entriesOf(torchNumbers(model)));

function* entriesOf(tensors: Iterable<TorchNumbers>): Generator<{ name: string; parts: Uint8Array[] }> {
  for (const { tensor, numbers } of tensors) {
    yield {
      name: `${tensor.name}.npy`,
      parts: [npyHeader(npyTypes[typeOf(numbers)], tensor.shape), littleEndianBytes(numbers)],
    };
  }
}

const npyTypes = { float64: '<f8', float32: '<f4' };
