import { checkKeys } from '../check.ts';

/** The value, if it is a valid one. @throws OptionError "<where>: <name> has <value>, expected <expected>". */
export type Check<T> = (where: string, name: string, value: unknown) => T;

/** How a value of an option is written, as a flag or in a file. */
export interface Typing {
  /** Converts a text to the value. Absent: the text is the value. */
  readonly fromText?: (text: string) => unknown;
  /** The words among the values. */
  readonly choices?: readonly string[];
  /** Whether the flag takes no value and means true. */
  readonly standsAlone?: true;
  /** Whether its flag may be given several times. */
  readonly repeats?: true;
}

export interface Option<T, Standard extends T | undefined, Required extends boolean = false> extends Typing {
  /** Its check, which also says its type. */
  readonly check: Check<T>;
  /** Its default; undefined if it has none, or one that depends on more than the options. */
  readonly standard: Standard;
  /** Its help line. '{}' stands for the members of a family that share the line. */
  readonly help: string | undefined;
  /** Text of the default in help, if the default is not a value. */
  readonly defaultText: string | undefined;
  /** Whether it must be given. */
  readonly required: Required;
  /** Options of each member of a family, if the value is the spec of a member. */
  readonly members?: MemberTables;
}

/** The options of each member of a family, by its kind. */
export type MemberTables = Readonly<Record<string, OptionTable>>;

/** Describes the flag of an option on the command line. */
export interface Flag {
  /** The group in which help lists it. */
  readonly group: string;
  /** Says what the option decides, such as 'result'. A config file or a checkpoint may set only some of these. */
  readonly effect: string;
  /** Its name, where that does not follow from the name of the option. */
  readonly flag?: string;
}

/** Options by name; some are flags of the command line, too. */
export type OptionTable = Readonly<Record<string, Option<unknown, unknown, boolean> & Partial<Flag>>>;

type Value<O> = O extends { check: Check<infer T> } ? T : never;
type RequiredName<T> = { [K in keyof T]: T[K] extends { required: true } ? K : never }[keyof T];
type OptionalValues<T, K extends keyof T> = { [P in K]?: Value<T[P]> };
type RequiredValues<T, K extends keyof T> = { [P in K]: Value<T[P]> };

/**
 * The options a caller may give. Each keeps the comment that stands above it in the table. Public options are an
 * interface that extends this type, so that messages of the compiler have a name for them; a table that several share
 * has an interface of its own, since comments reach a declaration file only from the same source file.
 */
export type OptionsOf<T extends OptionTable> = [RequiredName<T>] extends [never]
  ? { [K in keyof T]?: Value<T[K]> } // in the order of the table
  : OptionalValues<T, Exclude<keyof T, RequiredName<T>>> & RequiredValues<T, RequiredName<T>>;

/**
 * A second base for an interface without members that extends `OptionsOf`: with a single base, messages of the compiler
 * would name the base instead of the interface.
 */
export type Named = Record<never, never>;

/** For an absent default in a table the compiler infers `T | undefined`. */
type Absent<Standard> = undefined extends Standard ? undefined : never;

/** The options a function reads. Only those without a default may be undefined. */
export type OptionValues<T extends OptionTable> = {
  readonly [K in keyof T]: Value<T[K]> | (T[K] extends { required: true } ? never : Absent<T[K]['standard']>);
};

/** A table of options with its reader. */
export interface Options<T extends OptionTable> {
  /** The options by name, in the order in which messages list them. */
  readonly table: T;
  /** All options, with defaults for those not given. @throws OptionError for an unknown or invalid option. */
  read(options: object): OptionValues<T>;
}

/**
 * States the options of a function once: names, types, defaults, checks and help. Messages begin with `where`. If
 * these are not the function's own options but the fields of one of its options, `path` names that option.
 */
export function defineOptions<T extends OptionTable>(where: string, table: T, path?: string): Options<T> {
  const names = Object.keys(table);
  return {
    table,
    read(options) {
      checkKeys(path === undefined ? where : `${where}: ${path}`, options, names);
      const values: Record<string, unknown> = { ...options };
      for (const name of names) {
        const { check, standard, required } = table[name];
        const { [name]: value = standard } = values;
        const isAbsent = value === undefined && !required;
        values[name] = isAbsent ? undefined : check(where, path === undefined ? name : `${path}.${name}`, value);
      }
      return values as OptionValues<T>;
    },
  };
}
