/** A number of the chapter or a paper, and what was computed here. */
export interface Finding {
  readonly what: string;
  readonly chapter: string; // as printed there
  readonly computed: number | string;
  readonly agrees: boolean;
  readonly note?: string; // where the chapter rounded
}

/** Agrees where `computed`, rounded to the digits that the chapter prints, is what it prints. */
export function printed(what: string, chapter: string, computed: number, note?: string): Finding {
  return { what, chapter, computed, agrees: roundsTo(computed, chapter), ...(note === undefined ? {} : { note }) };
}

/**
 * The chapter carried rounded values on: `carried` follows its route and has to give its digits, `computed` is exact.
 */
export function carriedOn(what: string, chapter: string, computed: number, carried: number): Finding {
  return {
    what,
    chapter,
    computed,
    agrees: roundsTo(carried, chapter),
    note: `${carried} from its rounded values`,
  };
}

/** A statement rather than a number. */
export function holds(
  what: string,
  chapter: string,
  computed: number | string,
  agrees: boolean,
  note?: string,
): Finding {
  return { what, chapter, computed, agrees, ...(note === undefined ? {} : { note }) };
}

/** Half a unit of the last digit of `text`, and what float64 adds to that: '0.0625' has been rounded from 0.06245 to 0.06255. */
function roundsTo(value: number, text: string): boolean {
  const plain = text.replaceAll(',', '');
  const [digits, exponent = '0'] = plain.toLowerCase().split('e');
  const decimals = digits.split('.')[1]?.length ?? 0;
  const unit = 10 ** (Number(exponent) - decimals);
  return Math.abs(value - Number(plain)) <= unit / 2 + 1e-12 * Math.abs(value);
}
