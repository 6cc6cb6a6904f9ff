/** A computed number, with what the chapter or a paper prints for it. */
export interface Finding {
  /** The name of the number or, if nobody prints it, the claim about it. */
  readonly what: string;
  readonly chapter?: string; // as printed in the chapter; absent: the chapter has no such number
  readonly paper?: Published; // absent: no paper has such a number
  readonly computed: number | string;
  /** Whether `computed` matches the printed figure or the claim; null if nothing is claimed. */
  readonly agrees: boolean | null;
  /** The printed figure is wrong, and `note` says why, so a difference is not a failure. */
  readonly slip?: true;
  readonly note?: string;
}

/** A figure printed outside the chapter. */
export interface Published {
  readonly printed: string;
  readonly source: string; // 'Nielsen 2015, chapter 5'
}

/** The title of the chapter that the experiments recompute. */
export const CHAPTER = '"Neural Networks Without the Mysticism"';

/** Agrees if `computed`, rounded to the digits that the chapter prints, equals its figure. */
export const chapterFigure = (what: string, chapter: string, computed: number, note?: string): Finding =>
  withNote({ what, chapter, computed, agrees: roundsTo(computed, chapter) }, note);

/** For figures that the chapter computed from rounded values: these (`fromRounded`) must give its digits. */
export const chapterFigureFromRounded = (
  what: string,
  chapter: string,
  computed: number,
  fromRounded: number,
): Finding => ({
  what,
  chapter,
  computed,
  agrees: roundsTo(fromRounded, chapter),
  note: `${Number(fromRounded.toPrecision(12))} from its rounded values`,
});

/** A statement of the chapter that is wrong. `note` says why; `isConfirmed`: the computed number is as it says. */
export const chapterSlip = (
  what: string,
  chapter: string,
  computed: number | string,
  isConfirmed: boolean,
  note: string,
): Finding => ({ what, chapter, computed, agrees: false, note, ...(isConfirmed ? { slip: true } : {}) });

/** Agrees if `computed`, rounded to the digits that the paper prints, equals its figure. */
export const paperFigure = (what: string, paper: Published, computed: number): Finding => ({
  what,
  paper,
  computed,
  agrees: roundsTo(computed, paper.printed),
});

/** A statement of a paper in words, or a figure that depends on its starting weights. */
export const paperClaim = (
  what: string,
  paper: Published,
  computed: number | string,
  agrees: boolean,
  note?: string,
): Finding => withNote({ what, paper, computed, agrees }, note);

/** A claim of the experiment itself; `what` states it. */
export const claim = (what: string, computed: number | string, agrees: boolean, note?: string): Finding =>
  withNote({ what, computed, agrees }, note);

/** A number that is shown but not claimed, with the reasons, separated by semicolons. */
export const unclaimedFigure = (what: string, computed: number | string, why: string, paper?: Published): Finding => ({
  what,
  computed,
  agrees: null,
  note: why,
  ...(paper === undefined ? {} : { paper }),
});

/** Whether the exit code must be 1. */
export const isFailure = (finding: { readonly agrees: boolean | null; readonly slip?: boolean | undefined }): boolean =>
  finding.agrees === false && finding.slip !== true;

const withNote = (finding: Finding, note: string | undefined): Finding =>
  note === undefined ? finding : { ...finding, note };

/** Whether `value` is within half a unit of the last digit of `text`: '0.0625' is rounded from 0.06245 to 0.06255. */
function roundsTo(value: number, text: string): boolean {
  const plainText = text.replaceAll(',', '');
  const [digits, exponent = '0'] = plainText.toLowerCase().split('e');
  const decimals = digits.split('.')[1]?.length ?? 0;
  const unit = 10 ** (Number(exponent) - decimals);
  return Math.abs(value - Number(plainText)) <= unit / 2 + 1e-12 * Math.abs(value);
}

export type Verdict = 'crawls' | 'slow' | 'learns' | 'overshoots' | 'diverges';

/** Verdicts and their definitions, as printed; the first one that applies counts. */
export const verdictDefinitions: readonly (readonly [Verdict, string])[] = [
  ['diverges', 'the final loss is above the first, or not finite'],
  ['overshoots', 'the loss rose above the first, but fell again'],
  ['crawls', 'more than 99 % of the first loss is left'],
  ['slow', 'more than a tenth is left'],
  ['learns', 'a tenth or less is left'],
];

export function verdictOf(losses: readonly number[], finalLoss: number): Verdict {
  const [first] = losses;
  const share = finalLoss / first;
  if (!(share <= 1)) return 'diverges';
  if (losses.some((loss) => loss > first)) return 'overshoots';
  return share > 0.99 ? 'crawls' : share > 0.1 ? 'slow' : 'learns';
}
