import type { Effect } from './effects.ts';

/** How help sorts options. */
export type Group = 'Data' | 'Model' | 'Training' | 'Figures' | 'Run' | 'Server' | 'Output';

/** How the text of a flag, or the value in a config file, is parsed. */
export interface Kind<T> {
  /** @throws Error naming the option, what it has and what it should have. */
  readonly parse: (name: string, raw: unknown) => T;
  readonly takesNothing?: true; // a flag without a value
  readonly repeats?: true; // a flag that may be given several times
  readonly choices?: readonly string[]; // values for shell completion
}

export interface Option<T> extends Kind<T> {
  readonly group: Group;
  readonly describe: string;
}

export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** An option that may also be set by a file. */
export interface FileOption<T> extends Option<T> {
  readonly effect: Effect; // says whether files may set it
}

export type FileOptionTable = Readonly<Record<string, FileOption<unknown>>>;

/** The parsed values of a table; options that were not given are absent. */
export type Values<T extends OptionTable> = { -readonly [K in keyof T]?: ReturnType<T[K]['parse']> };
