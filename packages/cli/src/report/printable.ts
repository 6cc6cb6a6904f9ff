// Control characters and those that turn the direction of writing.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text of a file, such as the name of a class, without what could draw on a terminal or begin a line. */
export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, '\ufffd');
