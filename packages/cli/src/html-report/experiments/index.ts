import { readAs, type Schema } from '../../schema/schema.ts';
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

/** Draws a document of which nothing is taken that its schema does not read. */
const drawn =
  <T>(schema: Schema<T>, draw: (document: T) => Picture[]): Draw =>
  (document, path) =>
    draw(readAs(schema, document, `report: ${path}`));

/** Pictures of an experiment's document, where it has any: one file and one line here. */
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

/** Those of the experiment of a name. @throws Error where the document at `path` is not one that it writes. */
export const picturesOf = (name: string, document: object, path: string): Picture[] =>
  Object.hasOwn(experimentPictures, name) ? experimentPictures[name](document, path) : [];
