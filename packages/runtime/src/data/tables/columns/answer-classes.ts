import { readBoolean, readNumber, show } from '@gradloom/core/internal';

/** 1 or 0 for a word of a boolean; 1 and 0 themselves are numbers. */
const truthOf = (word: string): number | undefined => (readNumber(word) === undefined ? readBoolean(word) : undefined);

/**
 * The two classes of a target of yes and no in several spellings, named by the most frequent spelling of each;
 * undefined for other targets.
 */
export function answerClasses(words: readonly string[], indices: Int32Array): readonly string[] | undefined {
  if (words.length <= 2 || !words.every((word) => truthOf(word) !== undefined)) return undefined;
  const counts = new Uint32Array(words.length);
  for (const index of indices) counts[index]++;
  const classes = [0, 1].flatMap((truth) => {
    const spellings = words.flatMap((word, index) => (truthOf(word) === truth ? [index] : []));
    if (spellings.length === 0) return [];
    // Of equally frequent spellings the first in the file is taken.
    return [words[spellings.reduce((best, index) => (counts[index] > counts[best] ? index : best))]];
  });
  return classes.length === 2 ? classes.sort() : undefined;
}

/** The class of a word: where the classes are yes and no, that of its truth in any spelling, else the word itself. */
export function classNamer(classes: readonly string[]): (word: string) => string {
  const [first, second] = classes.map(truthOf);
  if (classes.length !== 2 || first === undefined || second === undefined || first === second) return (word) => word;
  return (word) => {
    const truth = truthOf(word);
    return truth === undefined ? word : classes[truth === first ? 0 : 1];
  };
}

/** '; "No" and "no" are one class' for each class with several spellings. */
export function describeSpellings(words: readonly string[], classes: readonly string[]): string {
  const nameOf = classNamer(classes);
  return classes
    .map((name) => [name, ...words.filter((word) => word !== name && nameOf(word) === name)].map(show))
    .filter((group) => group.length > 1)
    .map((group) => `; ${group.slice(0, -1).join(', ')} and ${group.at(-1)} are one class`)
    .join('');
}
