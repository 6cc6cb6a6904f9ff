/** A number that was computed here, beside what the chapter or a paper prints of it. */
export interface Finding {
  /** Which number; where nobody prints it, what is claimed of it. */
  readonly what: string;
  readonly chapter?: string; // as printed there; absent: the chapter prints none
  readonly paper?: Published; // absent: no paper does
  readonly computed: number | string;
  /** Whether `computed` is what is printed, or what `what` says; null where nothing is claimed. */
  readonly agrees: boolean | null;
  /** The print is wrong, and `note` says why: then it is no failure that the two differ. */
  readonly slip?: true;
  readonly note?: string;
}

/** What somebody other than the chapter printed. */
export interface Published {
  readonly printed: string;
  readonly source: string; // 'Nielsen 2015, chapter 5'
}

/** Whose chapter it is that the experiments compute. Nothing more than its title is known here. */
export const CHAPTER = '"Neural Networks Without the Mysticism"';

/** Agrees where `computed`, rounded to the digits that the chapter prints, is what it prints. */
export const printed = (what: string, chapter: string, computed: number, note?: string): Finding => ({
  ...{ what, chapter, computed, agrees: roundsTo(computed, chapter) },
  ...noted(note),
});

/**
 * The chapter carried rounded values on: `carried` follows its route and has to give its digits, `computed` is exact.
 */
export const carriedOn = (what: string, chapter: string, computed: number, carried: number): Finding => ({
  what,
  chapter,
  computed,
  agrees: roundsTo(carried, chapter),
  note: `${Number(carried.toPrecision(12))} from its rounded values`,
});

/** What the chapter says is not so, for a reason; `expected` is whether what was computed bears the reason out. */
export const slip = (
  what: string,
  chapter: string,
  computed: number | string,
  expected: boolean,
  note: string,
): Finding => ({
  ...{ what, chapter, computed, agrees: false, note },
  ...(expected ? { slip: true } : {}),
});

/** Likewise `printed`, for the digits of a paper. */
export const publishedDigits = (what: string, paper: Published, computed: number): Finding => ({
  what,
  paper,
  computed,
  agrees: roundsTo(computed, paper.printed),
});

/** What a paper says in words, or of its own start. */
export const published = (
  what: string,
  paper: Published,
  computed: number | string,
  agrees: boolean,
  note?: string,
): Finding => ({ ...{ what, paper, computed, agrees }, ...noted(note) });

/** A claim of this program: `what` says it. */
export const holds = (what: string, computed: number | string, agrees: boolean, note?: string): Finding => ({
  ...{ what, computed, agrees },
  ...noted(note),
});

/** A number that is shown and held against nothing in this run, with the reasons, between semicolons. */
export const unclaimed = (what: string, computed: number | string, why: string, paper?: Published): Finding => ({
  ...{ what, computed, agrees: null, note: why },
  ...(paper === undefined ? {} : { paper }),
});

/** Whether a script has to hear of it. */
export const isFailure = ({
  agrees,
  slip: isSlip,
}: {
  readonly agrees: boolean | null;
  readonly slip?: boolean | undefined;
}): boolean => agrees === false && isSlip !== true;

const noted = (note: string | undefined): { note?: string } => (note === undefined ? {} : { note });

/**
 * Half a unit of the last digit of `text`, and what float64 adds to that: '0.0625' has been rounded from 0.06245 to
 * 0.06255.
 */
function roundsTo(value: number, text: string): boolean {
  const plain = text.replaceAll(',', '');
  const [digits, exponent = '0'] = plain.toLowerCase().split('e');
  const decimals = digits.split('.')[1]?.length ?? 0;
  const unit = 10 ** (Number(exponent) - decimals);
  return Math.abs(value - Number(plain)) <= unit / 2 + 1e-12 * Math.abs(value);
}
