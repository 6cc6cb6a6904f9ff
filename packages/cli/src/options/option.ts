import type { Effect } from './effects.ts';

/** How help sorts options. */
export type Group = 'Data' | 'Model' | 'Training' | 'Run' | 'Output';

/** How the text behind a flag, or a config file's entry, becomes a value. */
export interface Kind<T> {
  /** @throws Error naming the option, what it has and what it should have. */
  readonly parse: (name: string, raw: unknown) => T;
  readonly takesNothing?: true; // a flag that stands alone
  readonly choices?: readonly string[]; // words that a shell can offer
}

export interface Option<T> extends Kind<T> {
  readonly group: Group;
  readonly describe: string;
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** An option of a command that files may set options of. */
export interface FileOption<T> extends Option<T> {
  readonly effect: Effect; // decides whether they may set this one
}

export type FileOptionTable = Readonly<Record<string, FileOption<unknown>>>;

/** The values of a table's options; absent where nothing was said. */
export type Values<T extends OptionTable> = { -readonly [K in keyof T]?: ReturnType<T[K]['parse']> };
