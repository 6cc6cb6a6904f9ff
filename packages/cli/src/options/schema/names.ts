import { text, word } from './scalars.ts';

/** A name of a layer, class, model or machine; short, since it appears on a page several times. */
export const name = text(4096);

/** Keys of an object that are learning rates. */
export const learningRateKey = word(/^[\d.]{1,30}(?:e[+-]?\d{1,3})?$/, 'learning rates as keys');

/** Keys of an object that are seeds. */
export const seedKey = word(/^\d{1,16}$/, 'seeds as keys');
