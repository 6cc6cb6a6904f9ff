import { showName } from './show.ts';

/** Longer words are not compared with the known ones: a hint must not take longer than what it is about. */
const LONGEST = 200;

/** Edits of a word that is still meant. Each takes a diagonal of the comparison. */
const MOST_EDITS = 5;

/**
 * The known word closest to `word` by edits (Damerau-Levenshtein), or undefined where none is near enough to be meant.
 * Linear in the letters of `known`.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let most = Math.min(MOST_EDITS, Math.max(1, Math.floor(word.length / 3)));
  for (const candidate of known) {
    if (most < 0) break;
    const distance = editDistance(lower, candidate, most);
    if (distance <= most) [best, most] = [candidate, distance - 1];
  }
  return best;
}

/** ' (did you mean adam?)' for a text that begins a known word, is near to one or is a part of some; else nothing. */
export function suggest(word: unknown, known: readonly string[]): string {
  if (typeof word !== 'string' || word === '' || word.length > LONGEST) return '';
  const lower = word.toLowerCase();
  const same = known.filter((candidate) => candidate.length <= LONGEST && candidate.toLowerCase() === lower);
  const begun = same.length > 0 ? same : known.filter((candidate) => begins(candidate, lower));
  const close = begun.length > 0 ? undefined : nearest(word, known);
  const meant =
    begun.length > 0 ? begun : close === undefined ? known.filter((candidate) => hasPart(candidate, lower)) : [close];
  return meant.length === 0
    ? ''
    : ` (did you mean ${meant
        .slice(0, 3)
        .map((name) => showName(name))
        .join(' or ')}?)`;
}

/** Whether three letters or more of `start` begin `word`: 'vanish' of 'vanishing', '--data' of '--dataset'. */
const begins = (word: string, start: string): boolean => start.replace(/^-+/, '').length >= 3 && word.startsWith(start);

/**
 * Whether `part` stands between hyphens of `word`: 'he' or 'normal' of 'he-normal', '--threads' of '--max-threads'; or
 * is a longer part without the hyphens: 'crossentropy'.
 */
const hasPart = (word: string, part: string): boolean => {
  const bare = part.replace(/^--/, '');
  return `-${word}-`.includes(`-${bare}-`) || (bare.length >= 5 && word.replaceAll('-', '').includes(bare));
};

/**
 * Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `candidate`, or some number above
 * `most` where there are more.
 */
function editDistance(a: string, candidate: string, most: number): number {
  if (Math.abs(a.length - candidate.length) > most) return most + 1;
  const b = candidate.toLowerCase();
  let [twoBack, oneBack, row] = [0, 1, 2].map(() => Array.from({ length: b.length + 2 }, (_, j) => j));
  for (let i = 1; i <= a.length; i++) {
    // Places further than `most` from the diagonal have more edits than that: the next row sees one on each side.
    const [first, last] = [Math.max(1, i - most), Math.min(b.length, i + most)];
    row[first - 1] = first === 1 ? i : most + 1;
    let least = row[first - 1];
    for (let j = first; j <= last; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(oneBack[j] + 1, row[j - 1] + 1, oneBack[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], twoBack[j - 2] + 1);
      least = Math.min(least, row[j]);
    }
    if (least > most) return least;
    row[last + 1] = most + 1;
    [twoBack, oneBack, row] = [oneBack, row, twoBack];
  }
  return oneBack[b.length];
}
