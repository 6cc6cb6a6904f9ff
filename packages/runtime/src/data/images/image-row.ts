import type { ModelContents, PixelEncoding, Preprocessing } from '@gradloom/core';
import { checkObject, ofImages, ofTable, show } from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { createImageReader } from './image-reader.ts';

/**
 * Reads a PNG or JPEG image as a row for a model of images: the path or the bytes of a file to bytes [height, width,
 * channels] in the size and colours of the model's training images, by the code that loaded those.
 *
 * ```ts
 * model.predict([await imageRow(model, 'cat.jpg')]); // [{ prediction: 'cats', probabilities: { ... } }]
 * ```
 *
 * For a model of a table whose rows have images it is a cell, of the only such column or of `column`:
 * `model.predict([{ age: 3, photo: await imageRow(model, 'cat.jpg') }])`.
 *
 * @throws Error (rejects) if the model takes no images, or naming the file and what is wrong with it.
 */
export async function imageRow(
  model: Pick<ModelContents, 'preprocessing'>,
  image: string | Uint8Array,
  column?: string,
): Promise<Uint8Array> {
  const { preprocessing } = checkObject('imageRow', 'model', model, 'a model');
  const encoding = ofImages(preprocessing)?.image ?? encodingOfColumn(preprocessing, column);
  if (encoding === undefined) throw new Error('imageRow: model takes no images, expected one that was trained on them');
  if (image instanceof Uint8Array) return (await createImageReader(encoding))('imageRow: image', image);
  if (typeof image !== 'string') throw new Error(`imageRow: image has ${show(image)}, expected a path or bytes`);
  const { readImage } = await import('./image-file.ts');
  const { fitImage } = await import('./decoders.ts');
  return fitImage(await readImage('imageRow', checkPath('imageRow', image), encoding.bits), encoding);
}

/** The encoding of a table's column of images. @throws Error unless there is one, or it is named. */
function encodingOfColumn(preprocessing: Preprocessing | undefined, name: string | undefined) {
  const columns = ofTable(preprocessing)?.columns ?? [];
  const images = columns.filter((column): column is PixelEncoding => column.type === 'image');
  const matches = images.filter((column) => name === undefined || column.name === name);
  if (images.length === 0 || matches.length === 1) return matches.at(0);
  const expected = `one of ${images.map((column) => show(column.name)).join(', ')}`;
  throw new Error(`imageRow: column ${name === undefined ? 'is missing' : `has ${show(name)}`}, expected ${expected}`);
}
