import { readAs, type Schema } from '../../options/schema/schema.ts';
import type { Picture } from '../picture.ts';
import { costDocument, costPictures } from './cost.ts';
import { descentDocument, descentPictures } from './descent.ts';
import { nextTokenDocument, nextTokenPictures } from './next-token.ts';
import { optimizerPictures, optimizersDocument } from './optimizers.ts';
import { perceptronDocument, perceptronPictures } from './perceptron.ts';
import { remediesDocument, remedyPictures } from './remedies.ts';
import { vanishingDocument, vanishingPictures } from './vanishing.ts';
import { xorDocument, xorPictures } from './xor.ts';

type Draw = (document: unknown, path: string) => Picture[];

/** Draws the parts of a document that its schema reads. */
const drawn =
  <T>(schema: Schema<T>, draw: (document: T) => Picture[]): Draw =>
  (document, path) =>
    draw(readAs(schema, document, `report: ${path}`));

/** Pictures of experiment documents. To add one, write a file and list it here. */
export const experimentPictures: Readonly<Record<string, Draw>> = {
  cost: drawn(costDocument, costPictures),
  descent: drawn(descentDocument, descentPictures),
  'next-token': drawn(nextTokenDocument, nextTokenPictures),
  optimizers: drawn(optimizersDocument, optimizerPictures),
  perceptron: drawn(perceptronDocument, perceptronPictures),
  remedies: drawn(remediesDocument, remedyPictures),
  vanishing: drawn(vanishingDocument, vanishingPictures),
  xor: drawn(xorDocument, xorPictures),
};

/** The pictures of a named experiment. @throws Error if the document at `path` does not fit its schema. */
export const picturesOf = (name: string, document: object, path: string): Picture[] =>
  Object.hasOwn(experimentPictures, name) ? experimentPictures[name](document, path) : [];
